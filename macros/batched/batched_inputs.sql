{#- What a batched model stands on: one entry per relation that is read, views with an event time looked through. `how`
    says by what a change of it is known:
    - log: a staged or batched model with an event time has written down which batches changed;
    - batch: a digest per batch, for it has an event time and keeps no record;
    - key: a digest per key, for it has none, but the column of `by`;
    - whole: one digest.
    `back` and `forward` are how far its batches reach, `reader` the view that reads it; none where the model does.
    `tells_until` says that the model itself gives it a reach: without an event time it then tells how far something is known. -#}
{% macro batched_inputs(names, node=none, back=0, forward=0, reader=none, through_views=true) -%}
    {%- set node = node or model -%}
    {%- set reach = node.config.reach or {} -%}
    {%- set found = [] -%}
    {%- for id in node.depends_on.nodes -%}
        {%- set input = graph.nodes.get(id) or graph.sources.get(id) -%}
        {%- set own = reach.get(input.name, 0) -%}
        {%- set ahead = 'all' if 'all' in [own, forward] else forward + ([own, 0] | max) -%}
        {%- set behind = back + ([0 - own, 0] | max if own != 'all' else 0) -%}
        {%- set kind = input.config.materialized -%}
        {%- set event_time = input.config.event_time -%}
        {%- if kind == 'ephemeral' or (kind == 'view' and event_time and through_views) -%}
            {%- set through = reader if kind == 'ephemeral' else input.relation_name -%}
            {%- do found.extend(batched_inputs(names, input, behind, ahead, through, through_views)) -%}
        {%- else -%}
            {%- set logged = kind in ['staged', 'batched'] and event_time -%}
            {%- do found.append({
                'name': input.name if input.resource_type != 'source' else input.source_name ~ '.' ~ input.name,
                'relation': input.relation_name,
                'event_time': event_time,
                'size': (input.config.batch_size or 'day') | string | replace('BatchSize.', ''),
                'by': input.config.by,
                'how': 'log' if logged else 'batch' if event_time else 'key' if names.by else 'whole',
                'back': behind, 'forward': ahead, 'reader': reader, 'tells_until': own != 0 and reader is none and node.unique_id == model.unique_id,
            }) -%}
        {%- endif -%}
        {%- if batched_reads_time(input) -%}
            {%- do found.append({'how': 'time'}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- Whether an input is a view that reads the moment of the run. -#}
{% macro batched_reads_time(input) -%}
    {{ return(input.config.materialized == 'view' and modules.re.search('as_of(_date|_text)?[(]', input.raw_code) is not none) }}
{%- endmacro %}

{#- The relations that the model's own SQL names, with what bounds a read of them. -#}
{% macro batched_direct(names) -%}
    {%- set found = [] -%}
    {%- for id in model.depends_on.nodes -%}
        {%- set input = graph.nodes.get(id) or graph.sources.get(id) -%}
        {%- if input.config.materialized != 'ephemeral' -%}
            {%- set own = names.reach.get(input.name, 0) -%}
            {%- do found.append({
                'name': input.name, 'identifier': input.alias or input.identifier, 'relation': input.relation_name,
                'event_time': input.config.event_time,
                'size': (input.config.batch_size or 'day') | string | replace('BatchSize.', '') if names.size != 'hour'
                    or input.config.batch_size else 'hour',
                'back': [0 - own, 0] | max if own != 'all' else 0, 'forward': own if own == 'all' else [own, 0] | max,
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
