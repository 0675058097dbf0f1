-- Only what a network itself says of an account is kept. Where it says nothing, its connector's description counts, as it
-- is in the version that runs: copies of earlier ones forbade what is possible now. A network that says something says it
-- again when its line opens.
UPDATE account SET limits = '{}';
