"""What instances in use know already: where invitations and requests stood, whose address is known, who acted on whom."""

from django.db import migrations

ADDRESSES = """
UPDATE accounts_invitation i SET email = u.email FROM accounts_user u WHERE u.id = i.person_id;
UPDATE accounts_rolerequest r SET email = u.email FROM accounts_user u WHERE u.id = r.person_id;
"""

# Confirmed: an accepted invitation, or an account older than invitations; not where the address was changed.
PROVEN = """
UPDATE accounts_user u SET address_proven_at = COALESCE(i.accepted_at, x.created_at)
FROM accounts_user x LEFT JOIN accounts_invitation i ON i.person_id = x.id
WHERE x.id = u.id AND u.password <> '' AND u.password NOT LIKE '!%'
  AND (i.id IS NULL OR i.accepted_at IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM accounts_userevent e WHERE e.pgh_obj_id = u.id AND e.email <> u.email);
"""

# In the order in which it happened: what the audit's triggers kept with an author, and the roles a second person granted.
ACTS = """
WITH events AS (
    SELECT e.*, (c.metadata ->> 'user')::bigint AS author,
           lag(e.email) OVER w AS old_email, lag(e.role) OVER w AS old_role, lag(e.is_active) OVER w AS old_active
    FROM accounts_userevent e LEFT JOIN pghistory_context c ON c.id = e.pgh_context_id
    WINDOW w AS (PARTITION BY e.pgh_obj_id ORDER BY e.pgh_id)
), acts AS (
    SELECT pgh_obj_id AS person, author, role, pgh_created_at AS at, pgh_id AS nth,
           CASE WHEN pgh_label = 'insert' THEN 'added' WHEN email <> old_email THEN 'address'
                WHEN is_active AND NOT old_active THEN 'reopened' WHEN role <> old_role THEN 'role' END AS kind
    FROM events
    UNION ALL
    SELECT person_id, decided_by_id, role, decided_at, 2147483647, 'granted' FROM accounts_rolerequest
    WHERE state = 'granted'
)
INSERT INTO accounts_accessact (person_id, by_id, at, kind)
SELECT person, author, at, kind FROM acts
WHERE kind IS NOT NULL AND author <> person
  AND NOT (kind = 'role' AND EXISTS (  -- the event of a grant, told by the request already
      SELECT 1 FROM accounts_rolerequest r
      WHERE r.state = 'granted' AND r.person_id = person AND r.decided_by_id = author AND r.role = acts.role
        AND r.decided_at BETWEEN at - interval '1 minute' AND at + interval '1 minute'))
  AND author IN (SELECT id FROM accounts_user) AND person IN (SELECT id FROM accounts_user)
ORDER BY at, nth;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_granting_takes_two"), ("pghistory", "0007_auto_20250421_0444")]

    operations = [
        migrations.RunSQL(ADDRESSES, migrations.RunSQL.noop),
        migrations.RunSQL(PROVEN, migrations.RunSQL.noop),
        migrations.RunSQL(ACTS, migrations.RunSQL.noop),
    ]
