{#- As a post_hook: the engine's statistics of a table just built, without which it plans the next step blindly. -#}
{% macro analyze_this() -%}{{ return(adapter.dispatch('analyze_this', 'weir')()) }}{%- endmacro %}
{% macro default__analyze_this() -%}analyze table {{ this }} compute statistics for all columns{%- endmacro %}
{% macro postgres__analyze_this() -%}analyze {{ this }}{%- endmacro %}
