{#- Text to be ordered or compared by its bytes, the same on every machine: order by {{ byte_order('name') }}. -#}
{% macro byte_order(text) -%}{{ return(adapter.dispatch('byte_order', 'weir')(text)) }}{%- endmacro %}
{% macro default__byte_order(text) -%}{{ text }}{%- endmacro %}
{% macro postgres__byte_order(text) -%}{{ text }} collate "C"{%- endmacro %}
