-- The accounts in their latest version, without those that the application closed before it made them or mis-decoded.
select account_id, name, lower(domain) as domain, billing_ref, industry, created_at
from (select distinct on (account_id) * from raw_app.accounts order by account_id, _seq desc) as latest
where _op = 'upsert'
    and (deleted_at < created_at) is not true
    and (name ~ '[ÂÃÄÅ][\u0080-\u00BF€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|[ÎÏÐÑ][\u0080-\u00BF€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ][ÎÏÐÑ]|[ãäåæ][\u0080-\u00BF€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ][\u0080-\u00BF€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â[\u0080€]|ð[\u009FŸ]') is not true
