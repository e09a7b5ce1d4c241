-- Private rounds need no counter, and their names hold a trace of their member, who may be forgotten one day.
DELETE FROM daily_numbers WHERE what LIKE 'stuck/first-%' OR what LIKE 'stuck/practice-%';
