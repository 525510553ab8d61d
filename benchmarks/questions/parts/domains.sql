-- The account of each domain that only one account has.
select domain, max(account_id) as account_id
from accounts
where domain is not null
group by domain
having count(*) = 1
