"""Dated rows of who works where and who answers for whom."""

from django.contrib.postgres.operations import BtreeGistExtension
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
        ('accounts', '0007_api_tokens'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        BtreeGistExtension(),
        migrations.CreateModel(
            name='DepartmentHead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('start', models.DateField(verbose_name='from')),
                ('end', models.DateField(blank=True, null=True, verbose_name='until')),
            ],
            options={
                'ordering': ['-start'],
            },
        ),
        migrations.CreateModel(
            name='DepartmentHeadEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('start', models.DateField(verbose_name='from')),
                ('end', models.DateField(blank=True, null=True, verbose_name='until')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='HRScope',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('start', models.DateField(verbose_name='from')),
                ('end', models.DateField(blank=True, null=True, verbose_name='until')),
            ],
            options={
                'ordering': ['-start'],
            },
        ),
        migrations.CreateModel(
            name='HRScopeEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('start', models.DateField(verbose_name='from')),
                ('end', models.DateField(blank=True, null=True, verbose_name='until')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('start', models.DateField(verbose_name='from')),
                ('end', models.DateField(blank=True, null=True, verbose_name='until')),
                ('main', models.BooleanField(default=True)),
            ],
            options={
                'ordering': ['-main', '-start', '-id'],
            },
        ),
        migrations.CreateModel(
            name='MembershipEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('main', models.BooleanField(default=True)),
                ('start', models.DateField(verbose_name='from')),
                ('end', models.DateField(blank=True, null=True, verbose_name='until')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ReportingLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('start', models.DateField(verbose_name='from')),
                ('end', models.DateField(blank=True, null=True, verbose_name='until')),
            ],
            options={
                'ordering': ['-start'],
            },
        ),
        migrations.CreateModel(
            name='ReportingLineEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('start', models.DateField(verbose_name='from')),
                ('end', models.DateField(blank=True, null=True, verbose_name='until')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='StandIn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('start', models.DateField(verbose_name='from')),
                ('end', models.DateField(blank=True, null=True, verbose_name='until')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
            ],
            options={
                'ordering': ['-start', '-id'],
            },
        ),
        migrations.CreateModel(
            name='StandInEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                ('start', models.DateField(verbose_name='from')),
                ('end', models.DateField(blank=True, null=True, verbose_name='until')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='TeamLead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('start', models.DateField(verbose_name='from')),
                ('end', models.DateField(blank=True, null=True, verbose_name='until')),
            ],
            options={
                'ordering': ['-start'],
            },
        ),
        migrations.CreateModel(
            name='TeamLeadEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('start', models.DateField(verbose_name='from')),
                ('end', models.DateField(blank=True, null=True, verbose_name='until')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='department',
            name='closed_on',
            field=models.DateField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='team',
            name='closed_on',
            field=models.DateField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='departmenthead',
            name='department',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='heads', to='accounts.department'),
        ),
        migrations.AddField(
            model_name='departmenthead',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='heads_departments', to=settings.AUTH_USER_MODEL, verbose_name='head'),
        ),
        migrations.AddField(
            model_name='departmentheadevent',
            name='department',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.department'),
        ),
        migrations.AddField(
            model_name='departmentheadevent',
            name='person',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='head'),
        ),
        migrations.AddField(
            model_name='departmentheadevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='departmentheadevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='department_person_start_end_events', to='accounts.departmenthead'),
        ),
        migrations.AddField(
            model_name='hrscope',
            name='department',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='hr_scopes', to='accounts.department'),
        ),
        migrations.AddField(
            model_name='hrscope',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='hr_scopes', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='hrscopeevent',
            name='department',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.department'),
        ),
        migrations.AddField(
            model_name='hrscopeevent',
            name='person',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='hrscopeevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='hrscopeevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='person_department_start_end_events', to='accounts.hrscope'),
        ),
        migrations.AddField(
            model_name='membership',
            name='department',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='accounts.department', verbose_name='department'),
        ),
        migrations.AddField(
            model_name='membership',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='membership',
            name='team',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='accounts.team', verbose_name='team'),
        ),
        migrations.AddField(
            model_name='membershipevent',
            name='department',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.department', verbose_name='department'),
        ),
        migrations.AddField(
            model_name='membershipevent',
            name='person',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='membershipevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='membershipevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='person_department_team_main_start_end_events', to='accounts.membership'),
        ),
        migrations.AddField(
            model_name='membershipevent',
            name='team',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.team', verbose_name='team'),
        ),
        migrations.AddField(
            model_name='reportingline',
            name='manager',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='direct_reports', to=settings.AUTH_USER_MODEL, verbose_name='manager'),
        ),
        migrations.AddField(
            model_name='reportingline',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reporting_lines', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='reportinglineevent',
            name='manager',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='manager'),
        ),
        migrations.AddField(
            model_name='reportinglineevent',
            name='person',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='reportinglineevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='reportinglineevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='person_manager_start_end_events', to='accounts.reportingline'),
        ),
        migrations.AddField(
            model_name='standin',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stand_ins', to=settings.AUTH_USER_MODEL, verbose_name='person away'),
        ),
        migrations.AddField(
            model_name='standin',
            name='set_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='set by'),
        ),
        migrations.AddField(
            model_name='standin',
            name='stand_in',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stands_in', to=settings.AUTH_USER_MODEL, verbose_name='stand-in'),
        ),
        migrations.AddField(
            model_name='standinevent',
            name='person',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='person away'),
        ),
        migrations.AddField(
            model_name='standinevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='standinevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='person_stand_in_reason_set_by_start_end_events', to='accounts.standin'),
        ),
        migrations.AddField(
            model_name='standinevent',
            name='set_by',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='set by'),
        ),
        migrations.AddField(
            model_name='standinevent',
            name='stand_in',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='stand-in'),
        ),
        migrations.AddField(
            model_name='teamlead',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='leads_teams', to=settings.AUTH_USER_MODEL, verbose_name='team lead'),
        ),
        migrations.AddField(
            model_name='teamlead',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='leads', to='accounts.team'),
        ),
        migrations.AddField(
            model_name='teamleadevent',
            name='person',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='team lead'),
        ),
        migrations.AddField(
            model_name='teamleadevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='teamleadevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='team_person_start_end_events', to='accounts.teamlead'),
        ),
        migrations.AddField(
            model_name='teamleadevent',
            name='team',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.team'),
        ),
        migrations.AddConstraint(
            model_name='departmenthead',
            constraint=models.CheckConstraint(condition=models.Q(('end', None), ('end__gte', models.F('start')), _connector='OR'), name='department_head_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='departmenthead',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('department', '='), (models.Func('start', 'end', django.contrib.postgres.fields.ranges.RangeBoundary(inclusive_lower=True, inclusive_upper=True), function='DATERANGE', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='department_head_one_at_a_time'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='departmenthead',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_departmentheadevent" ("department_id", "end", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "start") VALUES (NEW."department_id", NEW."end", NEW."person_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."start"); RETURN NULL;', hash='bf1434b8a29a8cc6bdd39c67156b59c571d2ef7e', operation='INSERT', pgid='pgtrigger_insert_insert_23fa6', table='accounts_departmenthead', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='departmenthead',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."department_id" IS DISTINCT FROM (NEW."department_id") OR OLD."end" IS DISTINCT FROM (NEW."end") OR OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."start" IS DISTINCT FROM (NEW."start"))', func='INSERT INTO "accounts_departmentheadevent" ("department_id", "end", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "start") VALUES (NEW."department_id", NEW."end", NEW."person_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."start"); RETURN NULL;', hash='7e0c6bbe677b797ee673e8010d67d253c0585dcc', operation='UPDATE', pgid='pgtrigger_update_update_ce01b', table='accounts_departmenthead', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='departmenthead',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_departmentheadevent" ("department_id", "end", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "start") VALUES (OLD."department_id", OLD."end", OLD."person_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."start"); RETURN NULL;', hash='57bd5cdd3942333d7e7ee1cb27a4c1ec56de8a84', operation='DELETE', pgid='pgtrigger_delete_delete_47aef', table='accounts_departmenthead', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='departmentheadevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='924763789893195303f057465100f1ba8fe0e51d', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_e6c3d', table='accounts_departmentheadevent', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='hrscope',
            constraint=models.CheckConstraint(condition=models.Q(('end', None), ('end__gte', models.F('start')), _connector='OR'), name='hr_scope_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='hrscope',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('person', '='), ('department', '='), (models.Func('start', 'end', django.contrib.postgres.fields.ranges.RangeBoundary(inclusive_lower=True, inclusive_upper=True), function='DATERANGE', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='hr_scope_once_at_a_time'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='hrscope',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_hrscopeevent" ("department_id", "end", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "start") VALUES (NEW."department_id", NEW."end", NEW."person_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."start"); RETURN NULL;', hash='6ee14382a4e7b6781e3da0657f4f92788c0f4eb0', operation='INSERT', pgid='pgtrigger_insert_insert_6533e', table='accounts_hrscope', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='hrscope',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."department_id" IS DISTINCT FROM (NEW."department_id") OR OLD."end" IS DISTINCT FROM (NEW."end") OR OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."start" IS DISTINCT FROM (NEW."start"))', func='INSERT INTO "accounts_hrscopeevent" ("department_id", "end", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "start") VALUES (NEW."department_id", NEW."end", NEW."person_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."start"); RETURN NULL;', hash='df28e4c7dc1e112bfa26520d5512e56e95894a3a', operation='UPDATE', pgid='pgtrigger_update_update_a784e', table='accounts_hrscope', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='hrscope',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_hrscopeevent" ("department_id", "end", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "start") VALUES (OLD."department_id", OLD."end", OLD."person_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."start"); RETURN NULL;', hash='b3e0982a371aaf41d16bb0d2121dbfb5fe9f4b56', operation='DELETE', pgid='pgtrigger_delete_delete_43ddb', table='accounts_hrscope', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='hrscopeevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='7434d38d8bce327dac0aadf526a0dafd6e8b0b8c', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_23079', table='accounts_hrscopeevent', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('end', None), ('end__gte', models.F('start')), _connector='OR'), name='membership_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('main', True)), expressions=[('person', '='), (models.Func('start', 'end', django.contrib.postgres.fields.ranges.RangeBoundary(inclusive_lower=True, inclusive_upper=True), function='DATERANGE', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='membership_one_main_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('person', '='), ('department', '='), (django.db.models.functions.comparison.Coalesce(models.F('team'), models.Value(0)), '='), (models.Func('start', 'end', django.contrib.postgres.fields.ranges.RangeBoundary(inclusive_lower=True, inclusive_upper=True), function='DATERANGE', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='membership_once_at_a_time'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='membershipevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='e1f05704110766345bef638c18be4307af995a77', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_9ee6c', table='accounts_membershipevent', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='reportingline',
            constraint=models.CheckConstraint(condition=models.Q(('end', None), ('end__gte', models.F('start')), _connector='OR'), name='reporting_line_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='reportingline',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('person', '='), (models.Func('start', 'end', django.contrib.postgres.fields.ranges.RangeBoundary(inclusive_lower=True, inclusive_upper=True), function='DATERANGE', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='reporting_line_one_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='reportingline',
            constraint=models.CheckConstraint(condition=models.Q(('person', models.F('manager')), _negated=True), name='reporting_line_not_to_oneself'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reportingline',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_reportinglineevent" ("end", "manager_id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "start") VALUES (NEW."end", NEW."manager_id", NEW."person_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."start"); RETURN NULL;', hash='d074b8c1cad8578a290450c3f5dd1ad53a97bfaa', operation='INSERT', pgid='pgtrigger_insert_insert_a1922', table='accounts_reportingline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reportingline',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."end" IS DISTINCT FROM (NEW."end") OR OLD."manager_id" IS DISTINCT FROM (NEW."manager_id") OR OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."start" IS DISTINCT FROM (NEW."start"))', func='INSERT INTO "accounts_reportinglineevent" ("end", "manager_id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "start") VALUES (NEW."end", NEW."manager_id", NEW."person_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."start"); RETURN NULL;', hash='ca998bf9df36e12c2d9d804811eb850965b9c1f4', operation='UPDATE', pgid='pgtrigger_update_update_eca23', table='accounts_reportingline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reportingline',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_reportinglineevent" ("end", "manager_id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "start") VALUES (OLD."end", OLD."manager_id", OLD."person_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."start"); RETURN NULL;', hash='984c7a28f2ef262c693dd63ad41a1ba3846855f6', operation='DELETE', pgid='pgtrigger_delete_delete_2f60b', table='accounts_reportingline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reportinglineevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='9dd33a4d8219c14f0f1924e787b94145ddb3f367', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_6c73b', table='accounts_reportinglineevent', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='standin',
            constraint=models.CheckConstraint(condition=models.Q(('end', None), ('end__gte', models.F('start')), _connector='OR'), name='stand_in_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='standin',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('person', '='), (models.Func('start', 'end', django.contrib.postgres.fields.ranges.RangeBoundary(inclusive_lower=True, inclusive_upper=True), function='DATERANGE', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='stand_in_one_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='standin',
            constraint=models.CheckConstraint(condition=models.Q(('person', models.F('stand_in')), _negated=True), name='stand_in_is_somebody_else'),
        ),
        migrations.AddConstraint(
            model_name='standin',
            constraint=models.CheckConstraint(condition=models.Q(('end__isnull', False)), name='stand_in_has_an_end'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='standin',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_standinevent" ("end", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "set_by_id", "stand_in_id", "start") VALUES (NEW."end", NEW."person_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."reason", NEW."set_by_id", NEW."stand_in_id", NEW."start"); RETURN NULL;', hash='373793eb2beda4f23d8d8e6c5348433a9b6bfb25', operation='INSERT', pgid='pgtrigger_insert_insert_3a1e4', table='accounts_standin', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='standin',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."end" IS DISTINCT FROM (NEW."end") OR OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."set_by_id" IS DISTINCT FROM (NEW."set_by_id") OR OLD."stand_in_id" IS DISTINCT FROM (NEW."stand_in_id") OR OLD."start" IS DISTINCT FROM (NEW."start"))', func='INSERT INTO "accounts_standinevent" ("end", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "set_by_id", "stand_in_id", "start") VALUES (NEW."end", NEW."person_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."reason", NEW."set_by_id", NEW."stand_in_id", NEW."start"); RETURN NULL;', hash='50163e4fa6c7808e9013d020d81b4a887dd695d7', operation='UPDATE', pgid='pgtrigger_update_update_3ed22', table='accounts_standin', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='standin',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_standinevent" ("end", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "set_by_id", "stand_in_id", "start") VALUES (OLD."end", OLD."person_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."reason", OLD."set_by_id", OLD."stand_in_id", OLD."start"); RETURN NULL;', hash='4073ca0faedfa69b55f92e9872117c7ffe176ebf', operation='DELETE', pgid='pgtrigger_delete_delete_a3ee2', table='accounts_standin', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='standinevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='a1a2b3379eebca0be22503c1da0f8239c0798f19', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_0c3bf', table='accounts_standinevent', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='teamlead',
            constraint=models.CheckConstraint(condition=models.Q(('end', None), ('end__gte', models.F('start')), _connector='OR'), name='team_lead_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='teamlead',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('team', '='), (models.Func('start', 'end', django.contrib.postgres.fields.ranges.RangeBoundary(inclusive_lower=True, inclusive_upper=True), function='DATERANGE', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='team_lead_one_at_a_time'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='teamlead',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_teamleadevent" ("end", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "start", "team_id") VALUES (NEW."end", NEW."person_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."start", NEW."team_id"); RETURN NULL;', hash='f581193ba3b1dd91b831d08c3c6c21871ff49026', operation='INSERT', pgid='pgtrigger_insert_insert_0aab6', table='accounts_teamlead', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='teamlead',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."end" IS DISTINCT FROM (NEW."end") OR OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."start" IS DISTINCT FROM (NEW."start") OR OLD."team_id" IS DISTINCT FROM (NEW."team_id"))', func='INSERT INTO "accounts_teamleadevent" ("end", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "start", "team_id") VALUES (NEW."end", NEW."person_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."start", NEW."team_id"); RETURN NULL;', hash='0410e8638ba905ff4358872aac91d0f69217ff1c', operation='UPDATE', pgid='pgtrigger_update_update_84940', table='accounts_teamlead', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='teamlead',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_teamleadevent" ("end", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "start", "team_id") VALUES (OLD."end", OLD."person_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."start", OLD."team_id"); RETURN NULL;', hash='3c33115ed822cae1facd17e29dd1044112f10f27', operation='DELETE', pgid='pgtrigger_delete_delete_7ee90', table='accounts_teamlead', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='teamleadevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='5420125b412c8f526ffb5158da93430b76f538e5', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_59eee', table='accounts_teamleadevent', when='BEFORE')),
        ),
    ]
