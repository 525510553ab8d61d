"""The dbt project of the library of faults: six sources, seven staging models, five marts, two exposures, one seed."""

from weir.core.settings import ROOT

SOURCES = """
version: 2
sources:
  - name: app
    schema: raw_app
    config: {meta: {connection: APP_URL}}
    tables:
      - {name: accounts, columns: [{name: plan}], config: {meta: {key: [id]}}}
      - {name: users, config: {meta: {key: [id]}}}
      - {name: notes, config: {meta: {key: [id]}}}
  - name: shop
    schema: raw_shop
    config: {meta: {connection: SHOP_URL}}
    tables:
      - {name: orders, config: {meta: {key: [id], cursor: updated_at}}}
  - name: desk
    schema: raw_desk
    config: {meta: {connection: DESK_URL}}
    tables:
      - name: tickets
        config: {meta: {key: [id], endpoint: {path: tickets, data_selector: items, paginator: single_page}}}
  - name: leads
    schema: raw_leads
    config: {meta: {connection: LEADS_URL}}
    tables:
      - {name: people, config: {meta: {key: [email], path: "*.csv", format: csv}}}
  - name: legacy
    schema: raw_legacy
    config: {meta: {connection: LEGACY_URL}}
    tables:
      - {name: invoices, config: {meta: {key: [id]}}}
"""
FILES = {
    "dbt_project.yml": f"""
name: library
version: "0.1.0"
profile: weir
model-paths: ["models"]
seed-paths: ["seeds"]
test-paths: ["tests"]
macro-paths: ["{ROOT}/macros"]
flags: {{send_anonymous_usage_stats: false}}
on-run-start: ["{{{{ on_start() }}}}"]
models:
  library:
    staging: {{+materialized: staged, +schema: staging}}
    marts: {{+materialized: table, +schema: analytics}}
seeds: {{library: {{+schema: seeds}}}}
""",
    "models/staging/sources.yml": SOURCES,
    "models/marts/dim_clients.sql": """
select accounts.account_id, accounts.name, plans.price, count(users.user_id) as users
from {{ ref('stg_app__accounts') }} as accounts
left join {{ ref('stg_app__users') }} as users on users.account_id = accounts.account_id
left join {{ ref('plans') }} as plans on plans.plan = accounts.plan
group by accounts.account_id, accounts.name, plans.price
""",
    "models/marts/fct_sales.sql": """
select order_id, amount, cast(amount * 0.2 as numeric(12, 2)) as tax from {{ ref('stg_shop__orders') }}
""",
    "models/marts/fct_cases.sql": "select ticket_id, state from {{ ref('stg_desk__tickets') }}",
    "models/marts/dim_leads.sql": "select email, name from {{ ref('stg_leads__people') }}",
    "models/marts/fct_bills.sql": "select invoice_id, total from {{ ref('stg_legacy__invoices') }}",
    "models/marts/marts.yml": """
version: 2
models:
  - name: dim_clients
    config: {meta: {grain: [account_id]}}
    columns: [{name: account_id, data_tests: [unique, not_null]}]
  - name: fct_sales
    config: {meta: {grain: [order_id]}}
    columns: [{name: order_id, data_tests: [not_null]}]
  - name: fct_cases
    config: {meta: {grain: [ticket_id]}}
    columns:
      - name: state
        data_tests: [{accepted_values: {arguments: {values: [open, solved]}}}]
  - name: dim_leads
    config: {meta: {grain: [email]}}
  - name: fct_bills
    config: {meta: {grain: [invoice_id]}}
unit_tests:
  - name: tax_is_a_fifth
    model: fct_sales
    given: [{input: ref('stg_shop__orders'), rows: [{order_id: 1, amount: 10}]}]
    expect: {rows: [{order_id: 1, amount: 10, tax: "2.00"}]}
exposures:
  - name: board
    label: the board's dashboard
    type: dashboard
    owner: {name: Ann, email: ann@x.example}
    depends_on: [ref('dim_clients'), ref('fct_sales')]
  - name: support
    label: the support report
    type: analysis
    owner: {name: Bob, email: bob@x.example}
    depends_on: [ref('fct_cases')]
""",
    "seeds/plans.csv": "plan,price\nbasic,10\npro,50\n",
}


def _staged(source: str, table: str, fields: str, key: str, rules: str = "{}", unreadable: str = "") -> None:
    FILES[f"models/staging/stg_{source}__{table}.sql"] = f"""
with typed as (
    select {fields}, {{{{ carry(key=['{key}']{unreadable}) }}}}
    from {{{{ source('{source}', '{table}') }}}}
)

select *, {{{{ reject({rules}) }}}} from typed
"""


_staged("app", "accounts", "id as account_id, name, plan", "id")
_staged("app", "users", "id as user_id, account_id, email", "id")
_staged("app", "notes", "id as note_id, text", "id")
_staged("shop", "orders", "{{ parse('id', 'bigint', name='order_id') }} as order_id, "
        "{{ parse('amount', 'numeric(12, 2)') }} as amount", "id", "{'amount is negative': 'amount < 0'}")  # fmt: skip
_staged(
    "desk", "tickets", "{{ parse('id', 'bigint', name='ticket_id') }} as ticket_id, document ->> 'state' as state", "id"
)
_staged("leads", "people", "email, name", "email", unreadable=", unreadable=true")
_staged("legacy", "invoices", "id as invoice_id, total", "id")
