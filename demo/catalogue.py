"""What Maison Martel sells: ten categories, their products, and the months in which they sell.

Prices are list prices, VAT included, in euro cents; ``cost`` is the purchase cost as a share of the
price without VAT.
"""

from dataclasses import dataclass

import numpy as np

from demo.world import Floats, Ints


@dataclass(frozen=True)
class Category:
    """A category; ``peaks`` are (day of year, width in days, height) added to a flat demand of 1."""

    name: str
    share: float
    cost: float
    mean_quantity: float
    return_rate: float
    references: int
    products: tuple[tuple[str, float], ...]
    peaks: tuple[tuple[int, int, float], ...] = ()
    summer: tuple[str, ...] = ()  # products that sell in the heat, unlike the rest of the category


CATEGORIES = (
    Category(
        "Jardin et extérieur",
        0.13,
        0.62,
        1.3,
        0.045,
        1450,
        (
            ("Tondeuse thermique tractée 46 cm", 329.0),
            ("Tondeuse électrique 1 400 W", 119.9),
            ("Taille-haie sans fil 18 V", 99.9),
            ("Salon de jardin résine 4 places", 249.0),
            ("Barbecue à gaz 3 brûleurs", 219.0),
            ("Parasol déporté 3 m", 129.0),
            ("Terreau universel 50 L", 11.9),
            ("Engrais gazon longue durée 10 kg", 24.9),
            ("Tuyau d'arrosage 25 m", 29.9),
            ("Composteur bois 400 L", 59.9),
            ("Abri de jardin bois 5 m²", 499.0),
            ("Gazon synthétique 2 × 4 m", 79.9),
        ),
        ((115, 32, 1.9), (165, 30, 0.9), (275, 15, 0.2)),
    ),
    Category(
        "Chauffage et climatisation",
        0.10,
        0.66,
        1.15,
        0.04,
        620,
        (
            ("Radiateur à inertie fluide 1 500 W", 189.0),
            ("Poêle à granulés 7 kW", 1190.0),
            ("Convecteur électrique 1 000 W", 49.9),
            ("Sèche-serviettes soufflant 750 W", 139.0),
            ("Climatiseur mobile 2 600 W", 299.0),
            ("Ventilateur sur pied 40 cm", 39.9),
            ("Thermostat connecté", 99.9),
            ("Granulés de bois, sac de 15 kg", 6.9),
            ("Bûches densifiées, lot de 12", 8.9),
            ("Chauffage d'appoint soufflant 2 000 W", 34.9),
            ("Robinet thermostatique", 24.9),
        ),
        ((300, 30, 1.5), (340, 30, 1.0), (15, 25, 1.1), (190, 18, 0.7)),
        ("Climatiseur mobile 2 600 W", "Ventilateur sur pied 40 cm"),
    ),
    Category(
        "Isolation",
        0.07,
        0.64,
        4.0,
        0.03,
        340,
        (
            ("Laine de verre 200 mm, rouleau", 34.9),
            ("Laine de roche 100 mm, paquet", 42.9),
            ("Panneau polyuréthane 80 mm", 19.9),
            ("Panneau polystyrène extrudé 40 mm", 9.9),
            ("Pare-vapeur 75 m²", 49.9),
            ("Joint d'isolation de fenêtre 6 m", 7.9),
            ("Mousse expansive 750 mL", 8.9),
            ("Bas de porte adhésif", 9.9),
            ("Film survitrage 4 m²", 14.9),
        ),
        ((285, 32, 1.4), (20, 25, 0.5)),
    ),
    Category(
        "Outillage",
        0.14,
        0.64,
        1.25,
        0.04,
        1650,
        (
            ("Perceuse-visseuse sans fil 18 V, 2 batteries", 129.0),
            ("Perforateur SDS 800 W", 109.0),
            ("Scie circulaire 1 200 W", 89.9),
            ("Scie sauteuse 650 W", 64.9),
            ("Ponceuse excentrique 300 W", 54.9),
            ("Coffret 108 outils", 79.9),
            ("Niveau laser en croix", 99.0),
            ("Nettoyeur haute pression 140 bar", 179.0),
            ("Jeu de forets 40 pièces", 19.9),
            ("Vis à bois, boîte de 500", 12.9),
            ("Marteau arrache-clou", 17.9),
            ("Établi pliant", 44.9),
            ("Aspirateur eau et poussière 20 L", 84.9),
        ),
        ((168, 10, 0.5), (345, 15, 0.8), (110, 30, 0.2)),
    ),
    Category(
        "Peinture et droguerie",
        0.13,
        0.58,
        1.7,
        0.03,
        1900,
        (
            ("Peinture murs et plafonds blanc mat 10 L", 59.9),
            ("Peinture velours lin 2,5 L", 39.9),
            ("Sous-couche universelle 5 L", 37.9),
            ("Lasure bois extérieur chêne 5 L", 64.9),
            ("Enduit de lissage 5 kg", 15.9),
            ("Kit rouleau et bac", 12.9),
            ("Papier peint intissé, rouleau", 19.9),
            ("Peinture façade ton pierre 10 L", 84.9),
            ("Bâche de protection 20 m²", 4.9),
            ("Vernis parquet 2,5 L", 54.9),
            ("Colle de fixation 310 mL", 7.9),
        ),
        ((125, 40, 0.6), (250, 30, 0.3)),
    ),
    Category(
        "Sols et revêtements",
        0.09,
        0.61,
        5.0,
        0.035,
        780,
        (
            ("Parquet stratifié chêne, boîte 2,2 m²", 32.9),
            ("Lame PVC clipsable, boîte 2,1 m²", 47.9),
            ("Carrelage grès cérame 60 × 60, boîte", 34.9),
            ("Sous-couche parquet 15 m²", 24.9),
            ("Plinthe MDF blanche 2,2 m", 6.9),
            ("Colle carrelage 25 kg", 14.9),
            ("Tapis berbère 160 × 230", 99.0),
            ("Barre de seuil 93 cm", 9.9),
        ),
        ((105, 35, 0.4), (270, 30, 0.4)),
    ),
    Category(
        "Salle de bains",
        0.09,
        0.60,
        1.2,
        0.055,
        960,
        (
            ("Colonne de douche thermostatique", 149.0),
            ("Meuble vasque 80 cm", 299.0),
            ("Mitigeur de lavabo", 49.9),
            ("Paroi de douche 90 cm", 219.0),
            ("Pack WC sans bride", 179.0),
            ("Receveur de douche 90 × 90", 129.0),
            ("Miroir éclairant 80 cm", 89.9),
            ("Abattant WC frein de chute", 29.9),
            ("Siphon extra-plat", 12.9),
        ),
        ((20, 30, 0.5), (260, 30, 0.3)),
    ),
    Category(
        "Électricité et luminaires",
        0.11,
        0.57,
        2.2,
        0.05,
        2100,
        (
            ("Suspension rotin", 59.9),
            ("Ampoule LED E27, lot de 3", 12.9),
            ("Applique extérieure à détecteur", 34.9),
            ("Prise connectée, lot de 2", 24.9),
            ("Interrupteur va-et-vient", 6.9),
            ("Tableau électrique prééquipé", 159.0),
            ("Câble R2V 3G2,5, 50 m", 69.9),
            ("Ruban LED 5 m", 29.9),
            ("Visiophone sans fil", 129.0),
            ("Détecteur de fumée", 17.9),
        ),
        ((310, 40, 0.5), (345, 15, 0.4)),
    ),
    Category(
        "Cuisine",
        0.05,
        0.63,
        1.2,
        0.05,
        540,
        (
            ("Évier granit 1 bac", 149.0),
            ("Mitigeur de cuisine à douchette", 89.9),
            ("Plan de travail stratifié 2 m", 79.9),
            ("Hotte inclinée 60 cm", 169.0),
            ("Meuble bas 60 cm", 74.9),
            ("Crédence aluminium 60 cm", 34.9),
            ("Poubelle encastrable", 39.9),
        ),
        ((20, 25, 0.5), (255, 25, 0.3)),
    ),
    Category(
        "Rangement et décoration",
        0.09,
        0.55,
        1.5,
        0.06,
        1750,
        (
            ("Étagère métallique 5 tablettes", 44.9),
            ("Dressing modulable", 199.0),
            ("Boîtes de rangement, lot de 6", 24.9),
            ("Rideau occultant 140 × 260", 29.9),
            ("Store enrouleur 90 cm", 22.9),
            ("Verrière atelier 3 vitrages", 189.0),
            ("Guirlande guinguette 10 m", 27.9),
            ("Cadre photo, lot de 5", 19.9),
            ("Porte coulissante et rail", 159.0),
        ),
        ((15, 20, 0.6), (248, 18, 0.5), (345, 15, 0.7)),
    ),
)

NAMES = tuple(category.name for category in CATEGORIES)
GARDEN = NAMES.index("Jardin et extérieur")
INSULATION = NAMES.index("Isolation")
TOOLS = NAMES.index("Outillage")
HEAVY = np.array(
    [name in {"Isolation", "Sols et revêtements", "Cuisine", "Salle de bains"} for name in NAMES]
)


@dataclass(frozen=True)
class Shelf:
    """All products as arrays: code, label, category index, list price in cents.

    By category: ``first`` product, and ``popularity``, cumulated chances of its products (cold, warm days).
    """

    codes: tuple[str, ...]
    labels: tuple[str, ...]
    category: Ints
    cents: Ints
    first: Ints
    popularity: tuple[Floats, ...]


def shelf() -> Shelf:
    """The catalogue in the order of the categories."""
    counts = [len(category.products) for category in CATEGORIES]
    return Shelf(
        codes=tuple(f"MM{c + 1:02d}{p + 1:03d}" for c, n in enumerate(counts) for p in range(n)),
        labels=tuple(label for category in CATEGORIES for label, _price in category.products),
        category=np.repeat(np.arange(len(CATEGORIES)), counts),
        cents=np.array(
            [round(price * 100) for category in CATEGORIES for _label, price in category.products]
        ),
        first=np.concatenate([[0], np.cumsum(counts)[:-1]]),
        popularity=tuple(_popularity(category) for category in CATEGORIES),
    )


def _popularity(category: Category) -> Floats:
    """Cumulative chances, (2, products), on cold and on warm days: cheap products sell more often."""
    price = np.array([price for _label, price in category.products])
    summer = np.array([label in category.summer for label, _price in category.products])
    cold = np.where(summer, 0.06, 1.0)
    warm = np.where(summer, 6.0, 0.3 if category.summer else 1.0)
    weights = np.stack([cold, warm]) * price**-0.7
    return np.asarray(np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True))
