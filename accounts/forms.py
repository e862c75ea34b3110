"""The forms of people, departments, teams and preferences."""

import secrets
from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.access import SCOPES, Right, has_right, people_with
from accounts.approvers import why_too_few
from accounts.fields import LineField, day_field
from accounts.models import Department, Language, Role, Scope, Team, User
from accounts.people import PersonDetails


def put_beside(form: forms.BaseForm, error: ValidationError) -> None:
    """A broken rule, beside the field it speaks of where the form has that field, else above the form."""
    by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for field, sentences in by_field.items():
        for sentence in sentences:
            form.add_error(field if field in form.fields else None, sentence)


class PersonForm(forms.Form):
    """What an administrator says about a person (``person``: the one changed); ``details()`` once valid."""

    email = forms.EmailField(label=_("E-mail"), max_length=254)
    full_name = LineField(label=_("Name"), max_length=150)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    department = forms.ModelChoiceField(
        Department.objects.open(), label=_("Department"), required=False, empty_label=_("None")
    )
    team = forms.ModelChoiceField(
        Team.objects.open().select_related("department"),
        label=_("Team"),
        required=False,
        empty_label=_("None"),
        help_text=_("A team brings its department with it."),
    )
    reports_to = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Manager"),
        required=False,
        empty_label=_("The lead of the team"),
        help_text=_("Named here where it is somebody else: the director's manager, for instance."),
    )
    start = day_field(
        _("From"), required=False, help_text=_("When the department, the team or the manager changes.")
    )
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices, initial=Language.FRENCH)

    def __init__(self, *args: Any, person: User | None = None, **kwargs: Any) -> None:
        self.person = person
        kwargs.setdefault("initial", (_values_of(person) if person else {}) | {"start": localdate()})
        super().__init__(*args, **kwargs)
        self.fields["reports_to"].queryset = people_with(Right.LEAD_PEOPLE)  # type: ignore[attr-defined]  # a ModelChoiceField

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        others = User.objects.get_queryset().filter(email=email)
        if self.person is not None:
            others = others.exclude(pk=self.person.pk)
        if others.exists():
            raise ValidationError(_("Somebody already has this address."))
        return email

    def clean(self) -> dict[str, Any]:
        """What follows for all is confirmed first: a box appears, and nothing is saved without it."""
        given: dict[str, Any] = super().clean() or {}
        follows = why_too_few(self.person, new_role=given["role"]) if self.person and "role" in given else ""
        if follows:
            self.fields["confirmed"] = forms.BooleanField(
                label=_("Take the role away all the same"), required=False
            )
            self.order_fields(["email", "full_name", "role", "confirmed"])
            if not self.data.get("confirmed"):
                self.add_error("confirmed", follows)
        return given

    def details(self) -> PersonDetails:
        return PersonDetails(**self.cleaned_data)


def _values_of(person: User) -> dict[str, Any]:
    names = [name for name in PersonForm.base_fields if name != "start"]
    return {name: getattr(person, name) for name in names}


class OrganisationForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the type checker only
    """A department or a team and who answers for it from a day on; ``save`` leaves that person to the view."""

    leader = forms.ModelChoiceField(
        User.objects.none(), label=_("Team lead"), required=False, empty_label=_("Nobody")
    )
    start = day_field(_("From"), required=False, help_text=_("When this person changes."))

    def __init__(self, *args: Any, leader: User | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = {"leader": leader, "start": localdate()}
        super().__init__(*args, **kwargs)
        self.fields["leader"].queryset = people_with(Right.LEAD_PEOPLE)  # type: ignore[attr-defined]  # a ModelChoiceField


class DepartmentForm(OrganisationForm):
    class Meta:
        model = Department
        fields = ["name", "code"]
        field_classes = {"name": LineField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["leader"].label = _("Head of the department")


class TeamForm(OrganisationForm):
    class Meta:
        model = Team
        fields = ["name", "department"]
        field_classes = {"name": LineField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = Department.objects.open()  # type: ignore[attr-defined]  # a ModelChoiceField


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the type checker only
    class Meta:
        model = User
        fields = ["full_name", "language", "theme"]
        field_classes = {"full_name": LineField}
        widgets = {"language": forms.RadioSelect, "theme": forms.RadioSelect}


class NewPasswordForm(forms.Form):
    """A first password, typed twice. ``person`` lets the validators refuse one that resembles them."""

    password1 = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html(),
    )
    password2 = forms.CharField(
        label=_("Password (again)"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, person: User | None = None, **kwargs: Any) -> None:
        self.person = person
        super().__init__(*args, **kwargs)

    def clean_password1(self) -> str:
        password = str(self.cleaned_data["password1"])
        validate_password(password, self.person)
        return password

    def clean_password2(self) -> str:
        again = str(self.cleaned_data["password2"])
        if "password1" in self.cleaned_data and again != self.cleaned_data["password1"]:
            raise ValidationError(_("The two passwords are not the same."))
        return again


class FirstAdministratorForm(NewPasswordForm):
    """The first person of an instance, who lets all others in."""

    field_order = ["full_name", "email", "password1", "password2"]

    full_name = LineField(
        label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("Your e-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )

    def clean_password1(self) -> str:
        given = {name: self.cleaned_data.get(name, "") for name in ("full_name", "email")}
        self.person = User(**given)
        return super().clean_password1()

    def save(self) -> User:
        """The administrator, who goes on in the language this form was shown in."""
        data = self.cleaned_data
        return User.objects.create_user(
            data["email"],
            data["password1"],
            full_name=data["full_name"],
            role=Role.ADMINISTRATOR,
            address_proven_at=timezone.now(),  # the operator's own word: whoever sets up the instance
            language=get_language() or Language.FRENCH,
        )


class TokenForm(forms.Form):
    """A token for a program of one's own: no wider than one's own role."""

    name = LineField(
        label=_("What it is for"), max_length=100, help_text=_("For example the name of the program.")
    )
    scopes = forms.MultipleChoiceField(label=_("It may"), widget=forms.CheckboxSelectMultiple)
    days = forms.TypedChoiceField(
        label=_("It works for"),
        coerce=int,
        initial=90,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("365 days"))],
    )

    # Names this sheet, so that it makes one token however often it is sent (see ``token_issue``).
    once = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["once"].initial = secrets.token_urlsafe(16)
        mine = [scope for scope in Scope if any(has_right(owner, right) for right in SCOPES[scope])]
        self.fields["scopes"].choices = [(scope.value, scope.label) for scope in mine]  # type: ignore[attr-defined]  # a ChoiceField
