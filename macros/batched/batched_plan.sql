{#- Decides what this step makes anew: the batches (as ranges of event time) and keys whose inputs changed, or the whole,
    and says why. What the model sees of its inputs now is written down for the next step, before they are read. -#}
{% macro batched_plan(names) -%}
    {%- set step = namespace(full=false, exists=false, prove=false, ranges=[], keys=none, reasons=[], columns=[], number=1,
        exact='', docs_changed=false, known=none, seen={}, size=names.size) -%}
    {%- set step.code = local_md5(batched_code(names, batched_views())) -%}
    {%- set step.docs = local_md5(tojson([model.description, model.columns], sort_keys=true)) -%}
    {%- set step.prove = dbt_metadata_envs.get('WEIR_PROVE') == '1' -%}
    {%- call statement('known', fetch_result=true) -%}
        select
            (select relkind::text from pg_class where oid = to_regclass({{ staged_literal(names.table) }})),
            (select to_jsonb(m.*)::text from {{ names.models }} as m where m.model = '{{ names.model }}'),
            (select coalesce(max(b.changed), 0) from {{ names.batches }} as b where b.model = '{{ names.model }}'),
            {{ as_of() }} < (select max(as_of) from ops.landings)
    {%- endcall -%}
    {%- set row = load_result('known').table.rows[0] -%}
    {%- set step.exists = row[0] == 'r' -%}
    {%- if row[0] == 'v' -%}
        {%- call statement('drop_view') -%} drop view {{ names.table }} {%- endcall -%}
    {%- endif -%}
    {%- set step.known = fromjson(row[1]) if row[1] else none -%}
    {%- set step.number = ([row[2] | int, (step.known.step if step.known else 0) | int] | max) + 1 -%}
    {%- set step.docs_changed = not step.exists or not step.known or step.known.docs != step.docs -%}
    {%- set step.is_early = row[3] -%}

    {%- if flags.EMPTY and step.exists -%}{{ return(step) }}{%- endif -%}
    {#- As a view the select shows its columns, and which columns of each input it reads. -#}
    {%- call statement('probe') -%} create temporary view _batched as {{ sql }} {%- endcall -%}
    {%- set step.columns = batched_columns('pg_temp._batched') -%}
    {%- set known = step.columns | map(attribute='plain') | list -%}
    {%- set time = step.columns | selectattr('plain', 'equalto', names.event_time) | first -%}
    {%- if names.event_time not in known -%}
        {%- do exceptions.raise_compiler_error(
            'the model has no column ' ~ names.event_time ~ ', which its event_time names: let it name one of ' ~ known | join(', ')
        ) -%}
    {%- elif time.type != 'date' and not time.type.startswith('timestamp') -%}
        {%- do exceptions.raise_compiler_error(
            'event_time names ' ~ names.event_time ~ ', which is ' ~ time.type ~ ': let it name a column that is a date or a moment'
        ) -%}
    {%- elif names.by and names.by not in known -%}
        {%- do exceptions.raise_compiler_error(
            'the model has no column ' ~ names.by ~ ', which its `by` names: let it name one of ' ~ known | join(', ') ~ ', or leave it out'
        ) -%}
    {%- endif -%}
    {%- if flags.EMPTY -%}
        {%- set step.full = true -%}
    {%- else -%}
        {%- do batched_reasons(names, step) -%}
        {%- set step.full = step.reasons | length > 0 -%}
        {%- if step.full and step.exists -%}
            {%- do log(names.model ~ ': made anew as a whole, for ' ~ step.reasons[0], info=true) -%}
        {%- endif -%}
        {%- do batched_changed(names, step) -%}
    {%- endif -%}
    {{ return(step) }}
{%- endmacro %}

{#- Why the whole must be made anew, if it must. -#}
{% macro batched_reasons(names, step) -%}
    {%- if should_full_refresh() -%}{%- do step.reasons.append('a full refresh was asked for') -%}{%- endif -%}
    {%- if not step.exists -%}{%- do step.reasons.append('the table is not there') -%}
    {%- elif not step.known -%}{%- do step.reasons.append('it is not known what it was made of') -%}
    {%- elif step.known.code != step.code -%}{%- do step.reasons.append('its code changed') -%}
    {%- else -%}
        {%- set there = batched_columns(names.table) -%}
        {%- if not config.get('contract').enforced and there | map(attribute='name') | list != step.columns | map(attribute='name') | list
            or not config.get('contract').enforced and there | map(attribute='type') | list != step.columns | map(attribute='type') | list -%}
            {%- do step.reasons.append('its columns changed') -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- The compiled code without comments, spaces and the moment of the run, the declaration, and the views that are looked
    through. -#}
{% macro batched_code(names, views) -%}
    {%- set code = modules.re.sub('(?m)^[ ]*--.*$', '', sql | replace(as_of(), '_as_of')) -%}
    {%- set contract = config.get('contract').enforced -%}
    {%- if contract -%}
        {%- set contract = [model.constraints or []] -%}
        {%- for column in model.columns.values() -%}
            {%- do contract.append([column.name, column.data_type, column.constraints or []]) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set declared = [names.event_time, names.size, names.by, names.reach, config.get('indexes', []), contract] -%}
    {{ return('2 ' ~ tojson(declared, sort_keys=true) ~ modules.re.sub('[ \n\t]+', ' ', code) | trim ~ views | join) }}
{%- endmacro %}

{#- The definitions of the views that are looked through: what they say decides, like the model's own code, which rows come. -#}
{% macro batched_views(node=none) -%}
    {%- set found = [] -%}
    {%- for id in (node or model).depends_on.nodes -%}
        {%- set input = graph.nodes.get(id) or graph.sources.get(id) -%}
        {%- set kind = input.config.materialized -%}
        {%- if kind == 'view' and input.config.event_time -%}
            {%- call statement('view', fetch_result=true) -%}
                select pg_get_viewdef(to_regclass({{ staged_literal(input.relation_name) }}))
            {%- endcall -%}
            {%- set code = load_result('view').table.rows[0][0] or '' -%}
            {%- if batched_reads_time(input) -%}
                {%- set code = modules.re.sub("'[^']*'::timestamp with time zone", '_as_of', code) -%}
            {%- endif -%}
            {%- do found.append(code) -%}
        {%- endif -%}
        {%- if kind == 'ephemeral' or (kind == 'view' and input.config.event_time) -%}
            {%- do found.extend(batched_views(input)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
