"""Giving a file to be imported."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from base.toml import TomlError, read_toml
from intake.mapping import AUTO, LARGEST_MAPPING, LONGEST_SOURCE
from intake.presentation import kind_choices

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or any delimited text, plain or packed with gzip (.gz), of any size."),
        allow_empty_file=True,  # an empty file is refused in words, by the same code as on the command line
    )
    kind = forms.ChoiceField(label=_("What it holds"), initial=AUTO)
    source = forms.SlugField(
        label=_("Source"),
        required=False,
        max_length=LONGEST_SOURCE,
        help_text=_("A short code, when several shops or tools give files of the same kind."),
    )
    mapping = forms.FileField(
        label=_("Mapping"),
        required=False,
        help_text=_("A TOML file that says which column is what, when names are not recognised."),
    )

    def __init__(self, *args: Any, by: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kind_choices(by)  # type: ignore[attr-defined]  # a ChoiceField

    def clean_mapping(self) -> dict[str, Any]:
        given: UploadedFile[Any] | None = self.cleaned_data["mapping"]
        if given is None:
            return {}
        if (given.size or 0) > LARGEST_MAPPING:
            raise forms.ValidationError(_("This is too large for a mapping."))
        try:
            return read_toml(given.read().decode(), LARGEST_MAPPING)
        except UnicodeDecodeError:
            raise forms.ValidationError(_("This is not text in UTF-8.")) from None
        except TomlError as error:
            raise forms.ValidationError(
                _("This is not valid TOML: %(why)s."), params={"why": str(error).rstrip(".")}
            ) from None
