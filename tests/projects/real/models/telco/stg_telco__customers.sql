-- Grain: one row per customer.
with typed as (
    select
        {{ parse('"customerID"', 'text') }} as customer_id,
        "gender" as gender,
        "Partner" as partner,
        "Dependents" as dependents,
        "PhoneService" as phone_service,
        "MultipleLines" as multiple_lines,
        "InternetService" as internet_service,
        "OnlineSecurity" as online_security,
        "OnlineBackup" as online_backup,
        "DeviceProtection" as device_protection,
        "TechSupport" as tech_support,
        "StreamingTV" as streaming_tv,
        "StreamingMovies" as streaming_movies,
        "Contract" as contract,
        "PaperlessBilling" as paperless_billing,
        "PaymentMethod" as payment_method,
        "Churn" as churn,
        {{ parse('"SeniorCitizen"', 'integer') }} as senior_citizen,
        {{ parse('tenure', 'integer') }} as tenure,
        {{ parse('"MonthlyCharges"', 'numeric(12, 2)') }} as monthly_charges,
        {{ parse('"TotalCharges"', 'numeric(12, 2)') }} as total_charges,
        {{ carry(key=['"customerID"'], unreadable=true) }}
    from {{ source('telco', 'customers') }}
)

select *, {{ reject({}) }} from typed
