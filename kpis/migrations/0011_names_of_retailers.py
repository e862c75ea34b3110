"""Names that retailers use, where an instance still has those it was shipped with; names of its own stay.

French text gets the typographic apostrophe everywhere, as pages and the shipped pack have it.
"""

from django.db import migrations

FRENCH = {
    "Chiffre d’affaires brut": "CA TTC brut",
    "Chiffre d’affaires net": "CA TTC net",
    "Ventes nettes hors taxes": "CA HT net",
    "Chiffre d’affaires sans compte client": "CA TTC sans compte client",
    "Part du chiffre d’affaires sans compte": "Part du CA sans compte client",
    "Chiffre d’affaires par client": "CA par client",
    "Chiffre d’affaires par session": "CA par session",
    "Chiffre d’affaires attribué à la publicité": "CA attribué à la publicité",
    "Taux de conversion": "Taux de transformation",
    "Taux de mise au panier": "Taux d’ajout au panier",
    "Taux d’achèvement du paiement": "Taux de finalisation du paiement",
    "Retour publicitaire (ROAS)": "ROAS",
    "Poids de la publicité dans les ventes": "Poids de la publicité dans le CA",
    "Articles par commande": "Indice de vente (articles par commande)",
    "Coût d’acquisition client": "Coût d’acquisition client (CAC)",
    "Recommandation (NPS)": "Recommandation client (NPS)",
    "Références × jours au catalogue": "Jours-références au catalogue",
    "Références × jours en rupture": "Jours-références en rupture",
    "Affichage principal au 75e centile (ms)": "LCP (p75, ms)",
    "Réactivité au 75e centile (ms)": "INP (p75, ms)",
    "Stabilité visuelle au 75e centile": "CLS (p75)",
}
ENGLISH = {
    "Largest contentful paint, 75th percentile (ms)": "LCP (p75, ms)",
    "Interaction to next paint, 75th percentile (ms)": "INP (p75, ms)",
    "Cumulative layout shift, 75th percentile": "CLS (p75)",
}
# Measures by range: what stands before the range.
BEGINNINGS = {
    "name_fr": {
        "Affichage principal\u202f: ": "LCP\u202f: ",
        "Réactivité\u202f: ": "INP\u202f: ",
        "Stabilité visuelle\u202f: ": "CLS\u202f: ",
    },
    "name_en": {
        "Largest contentful paint: ": "LCP: ",
        "Interaction to next paint: ": "INP: ",
        "Cumulative layout shift: ": "CLS: ",
    },
}
TEXTS = {"dimension": ["name_fr"], "measure": ["name_fr"], "indicator": ["name_fr", "definition_fr"]}


def rename(apps, editor):
    with editor.connection.cursor() as cursor:
        for table, columns in TEXTS.items():
            for column in columns:
                cursor.execute(
                    f"UPDATE kpis_{table} SET {column} = regexp_replace({column}, '(\\w)''(?=\\w)', '\\1’', 'g')"
                    f" WHERE {column} LIKE '%%''%%'"
                )
        for table in ("measure", "indicator"):
            for column, names in (("name_fr", FRENCH), ("name_en", ENGLISH)):
                cursor.executemany(
                    f"UPDATE kpis_{table} SET {column} = %s WHERE {column} = %s",
                    [(new, old) for old, new in names.items()],
                )
        for column, beginnings in BEGINNINGS.items():
            cursor.executemany(
                f"UPDATE kpis_measure SET {column} = %s || substr({column}, %s) WHERE {column} LIKE %s",
                [(new, len(old) + 1, old + "%") for old, new in beginnings.items()],
            )


class Migration(migrations.Migration):
    dependencies = [("kpis", "0010_handling")]

    operations = [migrations.RunPython(rename, migrations.RunPython.noop)]
