"""Sign-in, second factor, people, preferences. Third-party views get their access policy here, one by one."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from django.urls import URLPattern, path, re_path

from accounts.access import Right, public, requires
from accounts.views import (
    organisation,
    organisation_requests,
    own,
    people,
    places,
    role_requests,
    saved_views,
    search,
    tokens,
)
from accounts.views import sign_in as sign_in_views

own_account = requires(Right.SIGNED_IN)

sign_in: list[URLPattern] = [
    path("sign-in/", public(account.login), name="account_login"),
    # Public, because one also leaves from the page that asks for the second factor, when half signed in.
    path("sign-out/", public(account.logout), name="account_logout"),
    path("sign-in/closed/", public(account.account_inactive), name="account_inactive"),
    path("sign-in/second-factor/", public(mfa.authenticate), name="mfa_authenticate"),
    path("sign-in/confirm/", own_account(account.reauthenticate), name="account_reauthenticate"),
    path("sign-in/confirm/code/", own_account(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("sign-in/link/", sign_in_views.sign_in_link_ask, name="sign_in_link_ask"),
    path("sign-in/link/sent/", sign_in_views.sign_in_link_sent, name="sign_in_link_sent"),
    path("sign-in/link/<str:token>/", sign_in_views.sign_in_link, name="sign_in_link"),
    path("password/change/", own_account(account.password_change), name="account_change_password"),
    path("password/reset/", public(account.password_reset), name="account_reset_password"),
    path("password/reset/sent/", public(account.password_reset_done), name="account_reset_password_done"),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        public(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done/",
        public(account.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path("invitation/<str:token>/", own.invitation_accept, name="invitation_accept"),
]

second_factor: list[URLPattern] = [
    path("second-factor/", own_account(mfa.index), name="mfa_index"),
    path("second-factor/app/", own_account(totp.activate_totp), name="mfa_activate_totp"),
    path("second-factor/app/remove/", own_account(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("second-factor/codes/", own_account(codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "second-factor/codes/new/",
        own_account(codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "second-factor/codes/download/",
        own_account(codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
]

people_urls: list[URLPattern] = [
    path("people/", people.people_list, name="people_list"),
    path("people/invite/", people.person_invite, name="person_invite"),
    path("people/<int:pk>/", people.person_detail, name="person_detail"),
    path("people/<int:pk>/edit/", people.person_edit, name="person_edit"),
    path("people/<int:pk>/access/", people.person_access, name="person_access"),
    path("people/<int:pk>/invitation/", people.person_invite_again, name="person_invite_again"),
    path("people/<int:pk>/places/", places.place_add, name="place_add"),
    path("people/places/<int:pk>/end/", places.place_end, name="place_end"),
    path("people/<int:pk>/stand-in/", places.stand_in_add, name="stand_in_add"),
    path("people/stand-ins/<int:pk>/end/", places.stand_in_remove, name="stand_in_remove"),
    path("people/reads/", places.read_list, name="read_list"),
    path("people/roles/", role_requests.role_request_list, name="role_request_list"),
    path("people/roles/<int:pk>/", role_requests.role_request_answer, name="role_request_answer"),
    path(
        "people/changes/<int:pk>/",
        organisation_requests.organisation_request_answer,
        name="organisation_request_answer",
    ),
    path("people/<int:pk>/departments/", places.hr_scope, name="hr_scope"),
    path("people/<int:pk>/leaving/", places.person_leaves, name="person_leaves"),
    path("people/departments/", organisation.department_list, name="department_list"),
    path("people/departments/add/", organisation.department_edit, name="department_add"),
    path("people/departments/<int:pk>/", organisation.department_edit, name="department_edit"),
    path("people/departments/<int:pk>/remove/", organisation.department_remove, name="department_remove"),
    path("people/teams/add/", organisation.team_edit, name="team_add"),
    path("people/teams/<int:pk>/", organisation.team_edit, name="team_edit"),
    path("people/teams/<int:pk>/remove/", organisation.team_remove, name="team_remove"),
]

urlpatterns: list[URLPattern] = [
    *sign_in,
    *second_factor,
    *people_urls,
    path("reads/", places.own_reads, name="own_reads"),
    path("preferences/", own.preferences, name="preferences"),
    path("preferences/director/", own.director_too, name="director_too"),
    path("preferences/address/", own.address_proof_send, name="address_proof_send"),
    path("preferences/address/<str:token>/", own.address_confirm, name="address_confirm"),
    path("preferences/tokens/", tokens.token_list, name="token_list"),
    path("preferences/tokens/<int:pk>/end/", tokens.token_end, name="token_end"),
    path("people/tokens/", tokens.token_list_all, name="token_list_all"),
    path("search/", search.search, name="search"),
    path("lists/views/", saved_views.saved_view_add, name="saved_view_add"),
    path("lists/views/<int:pk>/", saved_views.saved_view_edit, name="saved_view_edit"),
    path("theme/", own.set_theme, name="set_theme"),
    path("language/", own.set_language, name="set_language"),
]
