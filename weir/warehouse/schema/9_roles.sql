-- dbt works as weir_dbt, which reads all and writes all but raw and analytics: these change by landing and by
-- publication alone. Where the account may not make roles, dbt works as the account itself.
do $$
declare
    mine record;
begin
    begin
        if to_regrole('weir_dbt') is null then
            create role weir_dbt nologin;
        end if;
        if not pg_has_role(current_user, 'weir_dbt', 'set') then
            execute format('grant weir_dbt to %I', current_user);
        end if;
    exception when insufficient_privilege then
        return;
    end;
    execute format('grant create, temporary on database %I to weir_dbt', current_database());
    alter default privileges grant select on tables to weir_dbt;
    alter default privileges grant usage on schemas to weir_dbt;
    grant create, usage on schema ops, quality to weir_dbt;
    for mine in
        select nspname from pg_namespace
        where pg_has_role(current_user, nspowner, 'usage') and nspname !~ '^(pg_|information_schema$)'
    loop
        execute format('grant usage on schema %I to weir_dbt', mine.nspname);
        execute format('grant select on all tables in schema %I to weir_dbt', mine.nspname);
    end loop;
    -- what dbt made here before it had a role of its own
    for mine in
        select format('alter schema %I owner to weir_dbt', nspname) as act
        from pg_namespace
        where nspname ~ '^(analytics_next|staging|intermediate|dev_\w+)$' and nspowner = current_user::regrole
        union all
        select format('alter table %I.%I owner to weir_dbt', nspname, relname)
        from pg_class
        inner join pg_namespace on pg_namespace.oid = relnamespace
        where relkind in ('r', 'v') and relowner = current_user::regrole
            and (
                nspname ~ '^(analytics_next|staging|intermediate|quality|dev_\w+)$'
                or nspname = 'ops' and (relkind = 'v' or relname in ('ledger', 'staged_code'))
            )
    loop
        execute mine.act;
    end loop;
end
$$;

-- weir_reader reads the published marts and writes nothing; `weir psql` works as this role.
do $$
begin
    begin
        if to_regrole('weir_reader') is null then
            create role weir_reader nologin;
        end if;
        if not pg_has_role(current_user, 'weir_reader', 'set') then
            execute format('grant weir_reader to %I', current_user);
        end if;
    exception when insufficient_privilege then
        return;
    end;
    grant usage on schema analytics to weir_reader;
    grant select on all tables in schema analytics to weir_reader;
    alter default privileges in schema analytics grant select on tables to weir_reader;
end
$$;
