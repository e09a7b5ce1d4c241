-- Which answer a message in an open thread is a part of.
CREATE INDEX answers_said_receipt ON answers_said (group_id, receipt);
