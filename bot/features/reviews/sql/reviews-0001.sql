-- The last number that was given, by what it numbers: erasing takes rows away, and a number is never used twice.
CREATE TABLE reviews_numbers (
  group_id TEXT NOT NULL, what TEXT NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (group_id, what)
);

-- A wish to have one's answer reviewed. `spent`: it uses up a right to ask; `taken`: somebody was handed it.
-- `since`: from when it waits, anew when a review was removed; `served_at`: the first review, or empty.
CREATE TABLE reviews_requests (
  group_id TEXT NOT NULL, number INTEGER NOT NULL, member TEXT NOT NULL,
  task TEXT NOT NULL, answer INTEGER NOT NULL, title TEXT NOT NULL, domain TEXT NOT NULL,
  free INTEGER NOT NULL, week TEXT NOT NULL, wanted INTEGER NOT NULL,
  spent INTEGER NOT NULL, taken INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'hidden', 'done', 'withdrawn', 'gone')),
  rounds INTEGER NOT NULL, asked_at TEXT NOT NULL, since TEXT NOT NULL, served_at TEXT NOT NULL,
  PRIMARY KEY (group_id, number)
);
CREATE INDEX reviews_requests_state ON reviews_requests (group_id, state);

-- An answer in a reviewer's hands. `words` is JSON: a quote of its author, as it was handed out.
CREATE TABLE reviews_leases (
  group_id TEXT NOT NULL, number INTEGER NOT NULL, member TEXT NOT NULL, author_member TEXT NOT NULL,
  request INTEGER NOT NULL, task TEXT NOT NULL, answer INTEGER NOT NULL, title TEXT NOT NULL, domain TEXT NOT NULL,
  item TEXT NOT NULL, words TEXT NOT NULL, beside TEXT NOT NULL, hide_author INTEGER NOT NULL, distance INTEGER NOT NULL,
  taken_at TEXT NOT NULL, until TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'lapsed', 'done', 'returned', 'ended')),
  PRIMARY KEY (group_id, number)
);
CREATE INDEX reviews_leases_request ON reviews_leases (group_id, request);

-- A finished review. Whoever is erased leaves empty words and an empty name; the levels stay.
-- JSON: `marks` (criterion, level, its sentence), and quotes of their authors.
CREATE TABLE reviews_given (
  group_id TEXT NOT NULL, number INTEGER NOT NULL, request INTEGER NOT NULL,
  task TEXT NOT NULL, answer INTEGER NOT NULL, title TEXT NOT NULL, domain TEXT NOT NULL,
  reviewer_member TEXT NOT NULL, author_member TEXT NOT NULL,
  marks TEXT NOT NULL, place INTEGER NOT NULL, passage TEXT NOT NULL, next_step TEXT NOT NULL, question TEXT NOT NULL,
  earlier INTEGER NOT NULL, finished_at TEXT NOT NULL,
  hide_reviewer INTEGER NOT NULL, hide_author INTEGER NOT NULL,
  held TEXT NOT NULL CHECK (held IN ('', 'reported', 'removed')),
  reply TEXT NOT NULL CHECK (reply IN ('', 'kept', 'changed', 'disagree')),
  because TEXT NOT NULL, replied_at TEXT NOT NULL,
  reply_held TEXT NOT NULL CHECK (reply_held IN ('', 'reported', 'removed')),
  PRIMARY KEY (group_id, number)
);
CREATE INDEX reviews_given_author ON reviews_given (group_id, author_member);
CREATE INDEX reviews_given_reviewer ON reviews_given (group_id, reviewer_member);

-- The kinds of problem that a member has answered: these they can review.
CREATE TABLE reviews_tried (
  group_id TEXT NOT NULL, member TEXT NOT NULL, domain TEXT NOT NULL, PRIMARY KEY (group_id, member, domain)
);

-- When a member was asked to review, by the request for which it was.
CREATE TABLE reviews_asked (
  group_id TEXT NOT NULL, member TEXT NOT NULL, request INTEGER NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (group_id, member, request, at)
);

-- Whose name stays hidden at their reviews.
CREATE TABLE reviews_wishes (
  group_id TEXT NOT NULL, member TEXT NOT NULL, hide_name INTEGER NOT NULL, PRIMARY KEY (group_id, member)
);
