"""Where people work is dated: the columns that held the present go."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.functions.comparison
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0009_memberships_from_people'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='user',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='user',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='user',
            name='delete_delete',
        ),
        migrations.RemoveConstraint(
            model_name='team',
            name='team_name_unique_in_department',
        ),
        migrations.RemoveField(
            model_name='team',
            name='lead',
        ),
        migrations.RemoveField(
            model_name='user',
            name='department',
        ),
        migrations.RemoveField(
            model_name='user',
            name='team',
        ),
        migrations.RemoveField(
            model_name='userevent',
            name='department',
        ),
        migrations.RemoveField(
            model_name='userevent',
            name='team',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_userevent" ("email", "full_name", "is_active", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role") VALUES (NEW."email", NEW."full_name", NEW."is_active", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."role"); RETURN NULL;', hash='8202e72dc95ca15e2e220482b689e2ba854c9978', operation='INSERT', pgid='pgtrigger_insert_insert_3867c', table='accounts_user', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."full_name" IS DISTINCT FROM (NEW."full_name") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."role" IS DISTINCT FROM (NEW."role"))', func='INSERT INTO "accounts_userevent" ("email", "full_name", "is_active", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role") VALUES (NEW."email", NEW."full_name", NEW."is_active", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."role"); RETURN NULL;', hash='0e4b6a9e4416f70c281ce7387cca35152da2da55', operation='UPDATE', pgid='pgtrigger_update_update_0e890', table='accounts_user', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_userevent" ("email", "full_name", "is_active", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role") VALUES (OLD."email", OLD."full_name", OLD."is_active", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."role"); RETURN NULL;', hash='593478e542ee294218a39a73208cb0d92a0d1e87', operation='DELETE', pgid='pgtrigger_delete_delete_19f14', table='accounts_user', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='team',
            constraint=models.UniqueConstraint(condition=models.Q(('closed_on', None)), fields=('department', 'name'), name='team_name_unique_in_department'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='membership',
            trigger=pgtrigger.compiler.Trigger(name='team_is_of_department', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW.team_id IS NOT NULL)', func="\n                    IF NOT EXISTS (\n                        SELECT 1 FROM accounts_team WHERE id = NEW.team_id AND department_id = NEW.department_id\n                    ) THEN\n                        RAISE EXCEPTION 'membership_team_is_of_department' USING ERRCODE = 'check_violation';\n                    END IF;\n                    RETURN NEW;\n                ", hash='cff9e6adcb45b74f030031f40fea46fec8fc3ff2', operation='INSERT', pgid='pgtrigger_team_is_of_department_d11c7', table='accounts_membership', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='membership',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_membershipevent" ("department_id", "end", "main", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "start", "team_id") VALUES (NEW."department_id", NEW."end", NEW."main", NEW."person_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."start", NEW."team_id"); RETURN NULL;', hash='51696f7a3c9b799a9d8f92c3a791264d65871613', operation='INSERT', pgid='pgtrigger_insert_insert_fc05a', table='accounts_membership', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='membership',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."department_id" IS DISTINCT FROM (NEW."department_id") OR OLD."end" IS DISTINCT FROM (NEW."end") OR OLD."main" IS DISTINCT FROM (NEW."main") OR OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."start" IS DISTINCT FROM (NEW."start") OR OLD."team_id" IS DISTINCT FROM (NEW."team_id"))', func='INSERT INTO "accounts_membershipevent" ("department_id", "end", "main", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "start", "team_id") VALUES (NEW."department_id", NEW."end", NEW."main", NEW."person_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."start", NEW."team_id"); RETURN NULL;', hash='e6fd866847f64c7e7f3f1146adfc25669c5da20b', operation='UPDATE', pgid='pgtrigger_update_update_20ab5', table='accounts_membership', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='membership',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_membershipevent" ("department_id", "end", "main", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "start", "team_id") VALUES (OLD."department_id", OLD."end", OLD."main", OLD."person_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."start", OLD."team_id"); RETURN NULL;', hash='9bd8dad03f9c1e8e9b208fec3c2ae7bdbe2780b6', operation='DELETE', pgid='pgtrigger_delete_delete_19a8f', table='accounts_membership', when='AFTER')),
        ),
    ]
