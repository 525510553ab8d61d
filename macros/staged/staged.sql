{#- The materialization of staging. It takes the landed loads that this model has not seen, and types and checks their
    rows. In one transaction it merges the accepted rows into the table, puts the rejected ones into quarantine and writes
    the counts to the ledger. So each landed row is accepted (by the rules or by hand), rejected, superseded, deleted or
    erased. A full refresh gives the same table and quarantine as increments do. It happens by itself when the model's
    code changed or a load arrived late.

    A model is one select over one source() with carry() and reject(); see docs/concepts/staged-models.md. -#}
{% materialization staged, adapter='postgres' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set names = staged_names() -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {# The first call opens the transaction: it must be a statement, run_query would work outside of one. -#}
    {%- call statement('lock') -%}
        select pg_advisory_xact_lock(hashtextextended('staged {{ this }}', 0));
        set local timezone to 'UTC';
        set local datestyle to 'ISO, YMD';
    {%- endcall -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- set step = staged_plan(names) -%}

    {%- if flags.EMPTY and step.exists or not (step.full or step.loads or step.by_hand) -%}
        {%- call noop_statement('main', 'NOTHING NEW', 'NOTHING NEW', 0) -%} select 'nothing new' {%- endcall -%}
    {%- else -%}
        {%- if step.by_hand -%}{%- do staged_by_hand(names, step) -%}{%- endif -%}
        {%- if step.full or step.loads -%}
            {%- do staged_batch(names, step) -%}
            {%- do staged_versions(names, step) -%}
            {%- do staged_count(names, step) -%}
            {%- do staged_merge(names, step) -%}
            {%- do staged_quarantine(names, step) -%}
            {%- do staged_book(names, step) -%}
        {%- endif -%}
        {%- if step.full -%}
            {%- do apply_grants(target_relation, config.get('grants'), should_revoke=step.exists) -%}
        {%- endif -%}
        {%- set message = step.counts | join(', ') -%}
        {%- call noop_statement('main', message, 'STAGED', step.landed) -%} {{ step.main or 'select 1' }} {%- endcall -%}
    {%- endif -%}
    {%- if step.docs_changed -%}
        {%- do persist_docs(target_relation, model) -%}
        {%- call statement('docs') -%}
            update {{ names.code }} set docs = '{{ step.docs }}' where model = '{{ names.model }}'
        {%- endcall -%}
    {%- endif -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{#- The names that a staged model works with. Temporary tables need none: each transaction has its own. -#}
{% macro staged_names() -%}
    {%- if model.sources | length != 1 -%}
        {%- do exceptions.raise_compiler_error(
            'a staged model reads exactly one source(), this one reads ' ~ model.sources | length
        ) -%}
    {%- endif -%}
    {%- set origin = model.sources[0] -%}
    {{ return({
        'model': model.name,
        'table': this | string,
        'source': origin[0],
        'source_table': origin[1],
        'raw': source(origin[0], origin[1]).render(),
        'ledger': dev_prefix() ~ 'ops.ledger',
        'code': dev_prefix() ~ 'ops.staged_code',
        'batches': dev_prefix() ~ 'ops.batches',
        'quarantine': dev_prefix() ~ 'quality.quarantine',
    }) }}
{%- endmacro %}
