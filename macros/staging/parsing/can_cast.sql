{#- Whether the engine's own cast takes the text. -#}
{% macro can_cast(text, type) -%}{{ return(adapter.dispatch('can_cast', 'weir')(text, type)) }}{%- endmacro %}
{% macro default__can_cast(text, type) -%}try_cast({{ text }} as {{ sql_type(type) }}) is not null{%- endmacro %}
{% macro postgres__can_cast(text, type) -%}pg_input_is_valid({{ text }}, '{{ type }}'){%- endmacro %}
