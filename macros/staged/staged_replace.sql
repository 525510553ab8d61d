{#- Puts a table of a new shape in the old one's place: an empty one, or what `make` says. Views that read the table are made again from their definitions.
    A view that asks for a column that is gone is left out, with a warning, until dbt builds it. -#}
{% macro staged_replace(names, make=none) -%}
    do $weir$
    declare
        old regclass := to_regclass({{ staged_literal(names.table) }});
        builder text := current_setting('role');
        reader record;
    begin
        create temporary table _readers on commit drop as
        with recursive readers as (
            select old::oid as oid, 0 as level
            union
            select r.ev_class, readers.level + 1
            from readers
            inner join pg_depend as d on d.refobjid = readers.oid and d.refclassid = 'pg_class'::regclass
            inner join pg_rewrite as r on d.objid = r.oid and d.classid = 'pg_rewrite'::regclass
            where r.ev_class <> readers.oid and readers.level < 50
        )

        select
            oid::regclass::text as name,
            pg_get_viewdef(oid) as definition,
            (select pg_get_userbyid(c.relowner) from pg_class as c where c.oid = readers.oid) as owner,
            max(level) as level
        from readers
        where level > 0 and oid in (select c.oid from pg_class as c where c.relkind = 'v')
        group by oid;

        for reader in select * from _readers where not pg_has_role(session_user, owner, 'set') loop
            raise exception 'view % of % reads %, whose columns change: drop it or type `alter view % owner to %`, then build again',
                reader.name, reader.owner, {{ staged_literal(names.table) }}, reader.name, current_user;
        end loop;
        for reader in select * from _readers order by level desc loop
            perform set_config('role', reader.owner, true);
            execute 'drop view ' || reader.name;
        end loop;
        perform set_config('role', builder, true);
        drop table if exists {{ names.table }};
        {{ make or 'create table ' ~ names.table ~ ' (like _shape)' }};
        for reader in select * from _readers order by level loop
            perform set_config('role', reader.owner, true);
            begin
                execute 'create view ' || reader.name || ' as ' || reader.definition;
            exception when others then
                raise warning 'view % does not fit the new % any more (%): build it again', reader.name,
                    {{ staged_literal(names.table) }}, sqlerrm;
            end;
        end loop;
        perform set_config('role', builder, true);
    end
    $weir$
{%- endmacro %}
