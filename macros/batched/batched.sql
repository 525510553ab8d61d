{#- The materialization of large tables: a build makes anew only the batches whose inputs changed, and gives what a full
    refresh gives. Which changed is known, not guessed: staged and batched inputs have written it down (ops.batches),
    any other input is compared with what the model saw of it last. The model is one plain select.

    event_time, batch_size  the column that says to which batch a row belongs: hour, day, month or year
    by                      a column that every row shares with the input rows it is made of: then rows of changed keys are made
                            anew, and not whole batches
    reach                   how many batches further on (negative: back) rows of an input count; 'all' for all later ones

    See docs/how-to/make-a-model-batched.md. -#}
{% materialization batched, adapter='postgres' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set names = batched_names() -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {# The first call opens the transaction: it must be a statement, run_query would work outside of one. -#}
    {%- call statement('lock') -%}
        select pg_advisory_xact_lock(hashtextextended('batched {{ this }}', 0));
        set local timezone to 'UTC';
        set local datestyle to 'ISO, YMD'
    {%- endcall -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- set step = batched_plan(names) -%}

    {%- if flags.EMPTY and step.exists -%}
        {%- call noop_statement('main', 'NOTHING NEW', 'NOTHING NEW', 0) -%} select 'nothing new' {%- endcall -%}
    {%- elif step.full -%}
        {%- do batched_whole(names, step) -%}
    {%- elif step.ranges or step.keys or step.prove -%}
        {%- do batched_parts(names, step) -%}
    {%- else -%}
        {%- call noop_statement('main', 'NOTHING NEW', 'NOTHING NEW', 0) -%} select 'nothing new' {%- endcall -%}
    {%- endif -%}
    {%- if not (flags.EMPTY and step.exists) -%}{%- do batched_book(names, step) -%}{%- endif -%}
    {%- if step.full -%}
        {%- do apply_grants(target_relation, config.get('grants'), should_revoke=step.exists) -%}
    {%- endif -%}
    {%- if step.docs_changed and not flags.EMPTY -%}{%- do persist_docs(target_relation, model) -%}{%- endif -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{#- The names that a batched model works with, and its declaration. -#}
{% macro batched_names() -%}
    {%- set ops = dev_prefix() ~ 'ops' -%}
    {%- set names = {
        'model': model.name,
        'table': this | string,
        'event_time': config.get('event_time'),
        'size': config.get('batch_size') | string | replace('BatchSize.', ''),
        'by': config.get('by'),
        'reach': config.get('reach', {}),
        'batches': ops ~ '.batches',
        'key_log': ops ~ '.batch_keys',
        'inputs': ops ~ '.batch_inputs',
        'models': ops ~ '.batched_models',
        'faults': ops ~ '.batch_faults',
    } -%}
    {%- if model.version -%}
        {%- do exceptions.raise_compiler_error('a batched model has no versions: its record is kept by its name') -%}
    {%- elif not names.event_time -%}
        {%- do exceptions.raise_compiler_error(
            "a batched model names the column by which its rows fall into batches: config(event_time='…', batch_size='day')"
        ) -%}
    {%- elif names.size not in ['hour', 'day', 'month', 'year'] -%}
        {%- do exceptions.raise_compiler_error(
            "batch_size is hour, day, month or year, " ~ ('not ' ~ names.size if config.get('batch_size') else 'and it is missing')
            ~ ": config(event_time='…', batch_size='day')"
        ) -%}
    {%- elif names.reach is not mapping -%}
        {%- do exceptions.raise_compiler_error(
            "reach says of each input how many batches further on its rows count, and is " ~ names.reach ~ ": write reach={'int_…': 2}"
        ) -%}
    {%- endif -%}
    {%- set read = ['as_of'] -%}
    {%- for id in model.depends_on.nodes -%}
        {%- do read.append((graph.nodes.get(id) or graph.sources.get(id)).name) -%}
    {%- endfor -%}
    {%- for name, far in names.reach.items() -%}
        {%- if name not in read -%}
            {%- do exceptions.raise_compiler_error(
                'reach names ' ~ name ~ ', which the model does not read: let reach name one of ' ~ read | join(', ') ~ ', or leave it out'
            ) -%}
        {%- elif far != 'all' and far is not integer -%}
            {%- do exceptions.raise_compiler_error(
                "a reach is a number of batches or 'all': " ~ name ~ ' has ' ~ tojson(far) ~ "; write reach={'" ~ name ~ "': 2}"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
