{#- A batched model on Spark: its table is made anew as a whole. -#}
{% materialization batched, adapter='spark' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- do batched_names() -%}
    {%- set old = adapter.get_relation(this.database, this.schema, this.identifier) -%}
    {{ run_hooks(pre_hooks) }}
    {%- if old is not none -%}{%- do adapter.drop_relation(old) -%}{%- endif -%}
    {%- call statement('main') -%} {{ get_create_table_as_sql(False, target_relation, sql) }} {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
