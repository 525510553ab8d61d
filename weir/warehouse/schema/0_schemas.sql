-- The schemas that must be there before a role can be given rights in them; weir/warehouse/roles/ gives the rights.
create schema if not exists ops;
create schema if not exists quality;
create schema if not exists undo;
create schema if not exists analytics;
create schema if not exists analytics_next;
create schema if not exists analytics_private;
