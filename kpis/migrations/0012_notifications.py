from django.db import migrations

# What was told of deviations before there were kinds: about which, and by whom; its words are found anew when read.
TOLD = r"""
UPDATE base_notification SET
    kind = CASE split_part(key, ':', 3)
        WHEN 'opened' THEN 'deviation_opened' WHEN 'given' THEN 'deviation_given' ELSE 'deviation_mentioned' END,
    content_type_id = %s, object_id = substring(url from '^/deviations/(\d+)/$')::bigint
WHERE key ~ '^(deviation:\d+:(opened|given)|comment:\d+:mentioned)$' AND url ~ '^/deviations/\d+/$'
"""
BY = r"""
UPDATE base_notification SET plain = '', values = CASE WHEN kind = 'deviation_opened' THEN '{}'::jsonb
    ELSE jsonb_build_object('name', found.name) END
FROM (SELECT id, substring(plain from
    '^(.*) (?:gave you the|named you in a comment|vous a confié l|vous cite dans un commentaire)') AS name
    FROM base_notification) AS found
WHERE found.id = base_notification.id AND kind LIKE 'deviation|_%%' ESCAPE '|'
    AND (kind = 'deviation_opened' OR found.name IS NOT NULL)
"""


def find_kinds(apps, editor):
    types = apps.get_model("contenttypes", "ContentType").objects
    with editor.connection.cursor() as cursor:
        cursor.execute(TOLD, [types.get_or_create(app_label="kpis", model="deviation")[0].pk])
        cursor.execute(BY.replace("%%", "%"))


class Migration(migrations.Migration):

    dependencies = [
        ("base", "0004_notify"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("kpis", "0011_names_of_retailers"),
    ]

    operations = [migrations.RunPython(find_kinds, migrations.RunPython.noop)]
