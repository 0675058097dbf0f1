UPDATE account SET hold_s = 10;
