"""Values of MongoDB, every kind and its edges."""

import math
from datetime import datetime

import bson
from bson import Binary, Code, CodecOptions, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.datetime_ms import DatetimeMS

OID = ObjectId("55f131b2c7447c3da7f739a1")
MILLIS: CodecOptions = CodecOptions(datetime_conversion=bson.DatetimeConversion.DATETIME_MS)
VALUES = [
    0, -1, 2**31 - 1, -(2**31), Int64(5), Int64(2**53 + 1), Int64(-(2**63)), Int64(2**63 - 1),
    0.0, 5.0, 0.1, -0.05, 1e16, 1e300, 5e-324, 1.7976931348623157e308, 540.5,
    Decimal128("1.10"), Decimal128("NaN"), Decimal128("-Infinity"), Decimal128("0E-6176"),
    "", "é\u2028\U0001f600", 'a"b\\c/\t\n\r\x01\x7f', "\\u0000", "\ufeff", "{", OID, None, True, False,
    datetime(1970, 1, 1), datetime(2024, 2, 29, 23, 59, 59, 999_000), datetime(9999, 12, 31, 23, 59, 59),
    datetime(1969, 12, 31, 23, 59, 59, 999_000), datetime(1, 1, 1), DatetimeMS(253402300800000), DatetimeMS(-(2**63)),
    b"", b"\x00\xff", Binary(b"x" * 16, 4), Binary(b"x", 128), Binary(b"old", 2), Regex("^a/\"b", "imx"),
    Timestamp(1, 2), Timestamp(2**32 - 1, 2**32 - 1), MinKey(), MaxKey(), DBRef("c", OID), DBRef("c", 5, "db", x=1),
    {}, [], {"": 1, "a.b": 2, "$c": 3}, [1, [2.5, {"a": None}], "x"], [None] * 3, {"a": -5, "n": None},
]  # fmt: skip
LACKING = [math.nan, math.inf, -math.inf, -0.0, Code("f()"), Code("f", {"o": OID})]
