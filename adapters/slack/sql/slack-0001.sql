-- Pictures that a workspace has: which file of Slack's shows the PNG with this digest. Nobody's words and no names.
CREATE TABLE slack_picture (team TEXT NOT NULL, digest TEXT NOT NULL, file TEXT NOT NULL, PRIMARY KEY (team, digest));
