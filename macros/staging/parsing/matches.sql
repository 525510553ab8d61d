{#- Whether the whole text matches: $ alone would match before a last newline on some engines. -#}
{% macro matches(text, pattern) -%}{{ return(adapter.dispatch('matches', 'weir')(text, pattern)) }}{%- endmacro %}
{% macro default__matches(text, pattern) -%}{{ text }} rlike '^({{ pattern }})(?![\\s\\S])'{%- endmacro %}
{#- PostgreSQL has no year 0, and to look ahead costs it as much as all else in a pattern. -#}
{% macro postgres__matches(text, pattern) -%}{{ text }} ~ '^({{ pattern | replace('(?!0000)', '') }})$'{%- endmacro %}
