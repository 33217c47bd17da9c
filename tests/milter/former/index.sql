CREATE TABLE indexed(number INTEGER PRIMARY KEY, is_complete INTEGER NOT NULL, has_attachment INTEGER NOT NULL);
CREATE VIRTUAL TABLE words USING fts5(sender, recipients, subject, body, attachments, tokenize = 'unicode61 remove_diacritics 2');
CREATE TABLE state(number INTEGER NOT NULL, hash TEXT NOT NULL);
INSERT INTO indexed VALUES(1, 1, 0), (2, 1, 0);
INSERT INTO words(rowid, sender, recipients, subject, body, attachments) VALUES(1, 'ann@example.org', 'bob@example.net', 'message 1', 'hello', ''), (2, 'ann@example.org', 'bob@example.net', 'message 2', 'hello', '');
INSERT INTO state VALUES(3, '23c70df13a74af635630bc20018a11a6a9184a22c25348c1b18c4a5d68b60f7e');
