select
    month, plan_code, count(*) as accounts, sum(mrr) as mrr,
    round(sum(mrr) / sum(sum(mrr)) over (partition by month), 4) as share_of_month
from starts
group by month, plan_code
order by month, plan_code collate "C"
