"""The words of a text, folded, as search compares them; and those of people, indexed."""

from django.db import migrations

# As accounts/search.py folds what is asked. PostgreSQL's own functions alone, so that a restore finds them whatever its
# search path.
SEARCH_WORDS = r"""
CREATE FUNCTION search_words(VARIADIC given text[]) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT array_to_tsvector(array_remove(string_to_array(regexp_replace(regexp_replace(normalize(
    replace(replace(replace(translate(lower(array_to_string(given, ' ')), 'øłđ', 'old'), 'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss'),
    NFKD), '[\u0300-\u036f]', '', 'g'), '[^[:alnum:]]+', ' ', 'g'), ' '), ''))
$$;
CREATE INDEX user_search ON accounts_user USING gin (search_words(full_name, email));
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0015_saved_views")]

    operations = [
        migrations.RunSQL(
            SEARCH_WORDS,
            "DROP INDEX user_search; DROP FUNCTION search_words(text[]);",
        ),
    ]
