"""Run on the live instance: people of each role beside those who came by invitation, as JSON of their addresses.

Two more, ``guarded`` and ``polyglot``, are for the tests that change how somebody signs in or what they read.
"""

import json

import django

django.setup()

from accounts.models import Role  # noqa: E402  # needs django.setup()
from tests.cast import ROLES, gather, person  # noqa: E402  # as above

if __name__ == "__main__":
    cast = gather()
    people = {role: cast.person(role) for role in ROLES}
    people |= {"guarded": person("Guy Garde", Role.MEMBER), "polyglot": person("Paule Glotte", Role.ANALYST)}
    print(json.dumps({role: person.email for role, person in people.items() if person}))  # noqa: T201
