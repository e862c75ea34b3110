"""The people of Maison Martel: one for each role, two managers with a team, and one without access yet."""

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.models import (
    Department,
    DepartmentHead,
    Membership,
    ReportingLine,
    Role,
    Team,
    TeamLead,
    User,
)
from kpis.models import Indicator

BEGAN = date(2024, 1, 1)  # since when everybody is where they are

# Said on the sign-in table of the demo command; a demo instance holds nothing to protect.
PASSWORD = "maison-martel-demo"  # not a secret, see above

DEPARTMENTS = {
    "direction": "Direction générale",
    "ecommerce": "E-commerce",
    "customer-service": "Service client",
    "commercial": "Commerce",
    "marketing": "Marketing",
    "data": "Data",
    "it": "Informatique",
    "hr": "Ressources humaines",
}
TEAMS = {
    "acquisition": ("ecommerce", "Trafic et conversion"),
    "advisers": ("customer-service", "Conseillers en ligne"),
}


@dataclass(frozen=True)
class Person:
    """Somebody of the demo; ``leads`` and ``team`` name a key of TEAMS."""

    name: str
    email: str
    role: Role
    department: str
    job: str
    team: str = ""
    leads: str = ""


DOMAIN = "@maison-martel.example"
DIRECTOR = "helene.garnier@maison-martel.example"
TOP_MANAGEMENT = "philippe.martel@maison-martel.example"
MANAGER = "thomas.lefevre@maison-martel.example"
SERVICE_MANAGER = "sophie.nguyen@maison-martel.example"
ANALYST = "lea.fontaine@maison-martel.example"

PEOPLE = (
    Person("Hélène Garnier", DIRECTOR, Role.DIRECTOR, "ecommerce", "Directrice e-commerce"),
    Person(
        "Philippe Martel",
        TOP_MANAGEMENT,
        Role.TOP_MANAGEMENT,
        "direction",
        "Directeur général",
    ),
    Person(
        "Thomas Lefèvre",
        MANAGER,
        Role.MANAGER,
        "ecommerce",
        "Responsable e-commerce",
        "acquisition",
        "acquisition",
    ),
    Person(
        "Sophie Nguyen",
        SERVICE_MANAGER,
        Role.MANAGER,
        "customer-service",
        "Responsable service client",
        "advisers",
        "advisers",
    ),
    Person(
        "Inès Moreau",
        "ines.moreau@maison-martel.example",
        Role.MEMBER,
        "ecommerce",
        "Chargée d’acquisition",
        "acquisition",
    ),
    Person(
        "Julien Roux",
        "julien.roux@maison-martel.example",
        Role.MEMBER,
        "customer-service",
        "Conseiller",
        "advisers",
    ),
    Person("Nathalie Caron", "nathalie.caron@maison-martel.example", Role.HR, "hr", "Ressources humaines"),
    Person(
        "Marc Dubois",
        "marc.dubois@maison-martel.example",
        Role.CONTRIBUTOR,
        "commercial",
        "Chef de produit jardin",
    ),
    Person("Léa Fontaine", ANALYST, Role.ANALYST, "data", "Analyste de données"),
    Person("Karim Benali", "karim.benali@maison-martel.example", Role.ADMINISTRATOR, "it", "Administrateur"),
    Person(
        "Camille Petit",
        "camille.petit@maison-martel.example",
        Role.NONE,
        "marketing",
        "Sans accès pour l’instant",
    ),
)

# Who heads a department: the director, whose own manager is named, for she heads hers.
HEADS = {"ecommerce": DIRECTOR, "customer-service": DIRECTOR}

# Who is told when a group of indicators goes wrong.
OWNERS = {
    "sales": DIRECTOR,
    "customers": DIRECTOR,
    "audience": MANAGER,
    "advertising": MANAGER,
    "site": MANAGER,
    "logistics": SERVICE_MANAGER,
    "service": SERVICE_MANAGER,
}


def create_people() -> dict[str, User]:
    """Create departments, teams and people; answers the people by e-mail. Run it once, in a transaction."""
    departments = {code: _department(code, name) for code, name in DEPARTMENTS.items()}
    teams = {
        key: Team.objects.create(name=name, department=departments[department])
        for key, (department, name) in TEAMS.items()
    }
    people = {person.email: _create(person, departments, teams) for person in PEOPLE}
    # One hash for all: making eleven takes seconds, and they hide the same published password.
    User.objects.filter(email__in=people).update(
        password=make_password(PASSWORD), address_proven_at=timezone.now()
    )
    for person in filter(lambda person: person.leads, PEOPLE):
        TeamLead.objects.create(team=teams[person.leads], person=people[person.email], start=BEGAN)
    for key, email in HEADS.items():
        DepartmentHead.objects.create(department=departments[key], person=people[email], start=BEGAN)
    ReportingLine.objects.create(person=people[DIRECTOR], manager=people[TOP_MANAGEMENT], start=BEGAN)
    return people


def _department(code: str, name: str) -> Department:
    return Department.objects.get_or_create(code=code, defaults={"name": name})[0]


def _create(person: Person, departments: dict[str, Department], teams: dict[str, Team]) -> User:
    found = User.objects.create_user(
        person.email,
        full_name=person.name,
        role=person.role,
    )
    Membership.objects.create(
        person=found, department=departments[person.department], team=teams.get(person.team), start=BEGAN
    )
    return found


def give_indicators(people: dict[str, User]) -> None:
    """Make each group of indicators somebody's, where nobody owns it yet."""
    for group, email in OWNERS.items():
        Indicator.objects.filter(group=group, owner=None).update(owner=people[email])


def sign_ins() -> str:
    """The table of who may sign in, and the password they share."""
    rows = [f"  {person.email:<44}{person.job}" for person in PEOPLE]
    return "\n".join([f"Sign in with the password {PASSWORD} as:", *rows])
