"""Run on the live instance: people of each role beside those who came by invitation. Prints who signs in how."""

import json

import django

django.setup()

from tests.cast import ROLES, gather  # noqa: E402  # needs django.setup()

if __name__ == "__main__":
    cast = gather()
    people = {role: cast.person(role) for role in ROLES}
    print(json.dumps({role: person.email for role, person in people.items() if person}))  # noqa: T201
