{#- A batched model on Spark: a Delta table, of which a build makes anew the batches and keys whose inputs changed, by one
    commit. What a build saw of the inputs stands in <model>__seen_a or __seen_b, as digests; the commit's own metadata
    names the one that belongs to the rows. So a build that was killed leaves nothing to mend, and what is not known makes the whole. -#}
{% materialization batched, adapter='spark' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set names = spark_batched_names() -%}
    {{ run_hooks(pre_hooks) }}
    {%- set step = spark_batched_plan(names) -%}

    {%- if flags.EMPTY and step.exists or not (step.full or step.ranges or step.keys) -%}
        {%- call noop_statement('main', 'NOTHING NEW', 'NOTHING NEW', 0) -%} select 'nothing new' {%- endcall -%}
    {%- else -%}
        {%- set main = spark_batched_whole(names, step) if step.full else spark_batched_parts(names, step) -%}
        {%- if not flags.EMPTY -%}
            {%- call statement('metadata') -%} set {{ names.metadata }} = {{ tojson(step.made_of) }} {%- endcall -%}
        {%- endif -%}
        {%- call statement('commit') -%} {{ main }} {%- endcall -%}
        {%- if not flags.EMPTY -%}
            {%- call statement('no_metadata') -%} reset {{ names.metadata }} {%- endcall -%}
        {%- endif -%}
        {%- set ranges, keys = step.ranges | length, step.keys | length -%}
        {%- set message = 'made anew as a whole, for ' ~ step.why if step.full else
            ranges ~ ' range' ~ ('s' if ranges != 1) ~ ' of batches and ' ~ keys ~ ' key' ~ ('s' if keys != 1) ~ ' made anew' -%}
        {%- call noop_statement('main', message, 'BATCHED', 0) -%} {{ main }} {%- endcall -%}
    {%- endif -%}

    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{#- The names that a batched model works with on Spark. -#}
{% macro spark_batched_names() -%}
    {%- set names = batched_names() -%}
    {%- do names.update({
        'seen': this.schema ~ '.' ~ this.identifier ~ '__seen_',
        'landings': 'ops.landings',
        'metadata': 'spark.databricks.delta.commitInfo.userMetadata',
    }) -%}
    {{ return(names) }}
{%- endmacro %}

{#- The statement that makes the table anew. Without deletion vectors its files alone tell its rows. A time without a zone
    Delta takes in a new table, and in one that is there only where that is said. -#}
{% macro spark_batched_whole(names, step) -%}
    create or replace table {{ this }}
    {%- if config.get('contract').enforced %}
    {{ get_assert_columns_equivalent(sql) }}
    {%- endif %}
    using delta
    tblproperties ('delta.enableDeletionVectors' = 'false', 'delta.feature.timestampNtz' = 'supported')
    {{ comment_clause() }}
    as
    {{ get_select_subquery(sql) if config.get('contract').enforced else sql }}
{%- endmacro %}

{#- The statement that puts the step's batches and keys in the place of what they were. -#}
{% macro spark_batched_parts(names, step) -%}
    {%- set condition = spark_batched_scope(names, step) -%}
    {%- set code = spark_batched_bounded(names, step) -%}
    insert into {{ this }} replace where {{ condition }}
    select * from (
        {{ get_select_subquery(code) if config.get('contract').enforced else code }}
    ) as made
    where {{ condition }}
{%- endmacro %}
