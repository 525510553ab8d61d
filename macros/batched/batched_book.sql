{#- Writes down what the model was made of, by which the next step knows what has changed. -#}
{% macro batched_book(names, step) -%}
    {%- call statement('book') -%}
        {%- if flags.EMPTY %}
        delete from {{ names.models }} where model = '{{ names.model }}';
        {%- else %}
        insert into {{ names.models }} (model, step, code, docs, as_of, seen)
        values (
            '{{ names.model }}', {{ step.number }}, '{{ step.code }}', '{{ step.docs }}', {{ as_of() }},
            {{ staged_literal(tojson(step.seen)) }}
        )
        on conflict (model) do update set
            step = excluded.step, code = excluded.code, docs = excluded.docs, as_of = excluded.as_of, seen = excluded.seen,
            built_at = clock_timestamp();

        delete from {{ names.inputs }} as b
        where model = '{{ names.model }}' and not exists (
            select from _seen as s where s.input = b.input and s.part = b.part and s.digest = b.digest
        );
        insert into {{ names.inputs }} (model, input, part, digest)
        select '{{ names.model }}', s.input, s.part, s.digest
        from _seen as s
        left join {{ names.inputs }} as b on b.model = '{{ names.model }}' and b.input = s.input and b.part = s.part
        where b.model is null;
        drop table _seen, _touched;
        {%- endif %}
        drop view _batched
    {%- endcall -%}
{%- endmacro %}
