{#- The rows that a person has accepted (`weir quarantine accept`, quality.accepted), or taken back, and the table does not
    show so yet. An acceptance holds for one version of a row and for its reasons. The first column says whether the
    model has any acceptance; without a difference the others are NULL. -#}
{% macro staged_acceptances(names, step) -%}
    {%- call statement('acceptances', fetch_result=true) -%}
        with given as (
            select key, load_id, seq, reasons from quality.accepted where model = '{{ names.model }}' and undone_at is null
        ),

        differ as (
            -- accepted since the row was staged
            select q.seq, q.load_id, true as comes, q.resolved_at is null as is_current
            from given as a
            inner join {{ names.quarantine }} as q
                on q.model = '{{ names.model }}' and a.key = q.key and a.load_id = q.load_id and a.seq = q.seq
            where q.how is distinct from 'accepted' and q.reasons <@ a.reasons
            union all
            -- taken back since
            select q.seq, q.load_id, false,
                {% if step.exists -%}
                exists (select from {{ names.table }} as s where s._key = q.key and s._load_id = q.load_id)
                {%- else -%} true {%- endif %}
            from {{ names.quarantine }} as q
            where q.model = '{{ names.model }}' and q.how = 'accepted'
                and not exists (select from given as a where a.seq = q.seq and q.reasons <@ a.reasons)
        )

        select exists (select from given), d.seq, d.load_id, d.comes, d.is_current
        from (values (1)) as one left join differ as d on true
    {%- endcall -%}
    {{ return(load_result('acceptances').table.rows) }}
{%- endmacro %}
