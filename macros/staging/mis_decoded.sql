{#- Whether a text holds what UTF-8 looks like after being read as Latin-1 or Windows-1252: 'CafÃ©', 'itâ€™s', 'ðŸ˜€'.
    Only sequences that no language writes: a lead byte shown as a letter, then continuation bytes shown as signs. -#}
{% macro mis_decoded(text) -%}
    {%- set sign -%} [\u0080-\u00BF€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ] {%- endset -%}
    regexp_like({{ text }}, '[ÂÃÄÅ]{{ sign }}|[ÎÏÐÑ]{{ sign }}[ÎÏÐÑ]|[ãäåæ]{{ sign }}{{ sign }}|â[\u0080€]|ð[\u009FŸ]')
{%- endmacro %}
