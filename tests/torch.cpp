/// Nothing but the reason for the precompiled header that the tests with torch share.
