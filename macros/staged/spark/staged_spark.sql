{#- The materialization of staging on Spark. It does what `staged` does on PostgreSQL. One Delta table per model, <model>__all,
    holds the accepted rows, the rejected ones and the rows of the ledger, parted by `_kind`; so one commit of Delta
    makes a step complete, and a step that was killed is done again. <model> itself is a view of the accepted rows. -#}
{% materialization staged, adapter='spark' %}
    {%- set target_relation = this.incorporate(type='view') -%}
    {%- set names = spark_staged_names() -%}
    {{ run_hooks(pre_hooks) }}
    {%- set step = spark_staged_plan(names) -%}

    {%- if flags.EMPTY and step.exists or not (step.full or step.loads) -%}
        {%- call noop_statement('main', 'NOTHING NEW', 'NOTHING NEW', 0) -%} select 'nothing new' {%- endcall -%}
    {%- elif not step.full and step.loads | sum(attribute='landed') == 0 -%}
        {#- Loads without a row leave their rows of the ledger, and nothing else. -#}
        {%- for load in step.loads -%}{%- do step.ledger.append({'load': load, 'counts': [0, 0, 0, 0, 0, 0, 0]}) -%}{%- endfor -%}
        {%- call statement('commit') -%} {{ spark_staged_booked(names, step) }} {%- endcall -%}
        {%- call noop_statement('main', '0 landed', 'STAGED', 0) -%} {{ spark_staged_booked(names, step) }} {%- endcall -%}
    {%- else -%}
        {%- do spark_staged_batch(names, step) -%}
        {%- do spark_staged_count(names, step) -%}
        {%- set step.main = spark_staged_whole(names, step) if step.full else spark_staged_merge(names, step) -%}
        {%- call statement('commit') -%} {{ step.main }} {%- endcall -%}
        {%- if step.full -%}
            {%- do spark_staged_view(names, step) -%}
            {%- call statement('code') -%} {{ spark_staged_code(names, step) }} {%- endcall -%}
        {%- endif -%}
        {%- call statement('drop_step') -%} drop table if exists {{ names.step }} {%- endcall -%}
        {%- set message = step.counts | join(', ') -%}
        {%- call noop_statement('main', message, 'STAGED', step.landed) -%} {{ step.main }} {%- endcall -%}
    {%- endif -%}

    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{#- The names that a staged model works with on Spark. -#}
{% macro spark_staged_names() -%}
    {%- set names = staged_names() -%}
    {#- The step's table is of this command alone: another may stage the same model. See spark_drop_dead_steps. -#}
    {%- set step = this.identifier ~ '__step_' ~ run_started_at.strftime('%Y%m%d%H%M%S') ~ '_' ~ invocation_id[:8] -%}
    {%- do names.update({
        'all': this.schema ~ '.' ~ this.identifier ~ '__all',
        'step': this.schema ~ '.' ~ step,
        'step_name': step,
        'landings': 'ops.landings',
        'acceptances': 'quality.accepted',
    }) -%}
    {{ return(names) }}
{%- endmacro %}

{#- The view that shows the accepted rows under the model's name. -#}
{% macro spark_staged_view(names, step) -%}
    {%- set shown = step.columns + ['_load_id', '_key', '_known_from'] -%}
    {%- set old = adapter.get_relation(this.database, this.schema, this.identifier) -%}
    {%- if old is not none and old.type != 'view' -%}{%- do adapter.drop_relation(old) -%}{%- endif -%}
    {%- call statement('view') -%}
        create or replace view {{ this }} (
            {%- for column in shown %}
            {{ adapter.quote(column) }}
            {%- if column in model.columns and model.columns[column].description %} comment {{ spark_literal(model.columns[column].description) }}{% endif %}
            {{- ',' if not loop.last }}
            {%- endfor %}
        )
        comment {{ spark_literal(model.description) }}
        as
        select {% for column in shown %}{{ adapter.quote(column) }}{{ ', ' if not loop.last }}{% endfor %}
        from {{ names.all }}
        where _kind = 'accepted'
    {%- endcall -%}
{%- endmacro %}
