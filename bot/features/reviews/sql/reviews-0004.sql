-- The mean of a review's levels. Whoever practises is compared with what the group's reviews say on the whole.
ALTER TABLE reviews_given ADD COLUMN level REAL NOT NULL DEFAULT 2.5;
CREATE INDEX reviews_given_levels ON reviews_given (group_id, held, domain, level);
CREATE INDEX reviews_given_answer ON reviews_given (group_id, author_member, task);
DROP INDEX reviews_given_author;
