-- Written by pams-milter 0.1.0.
BEGIN TRANSACTION;
CREATE TABLE delivery(
  number INTEGER PRIMARY KEY, seal TEXT, recipient TEXT, time INTEGER, result TEXT, connector TEXT, host TEXT,
  address TEXT, protocol TEXT, cipher TEXT, certificate TEXT, verified INTEGER, reply TEXT);
INSERT INTO "delivery" VALUES(1,'5ea1','bob@example.net',1795435201000,'sent','Zivver','smart.example:25','192.0.2.1','TLSv1.3','TLS_AES_256_GCM_SHA384','c0ffee',1,'250 2.0.0 taken');
CREATE INDEX delivery_by_recipient ON delivery(seal, recipient);
CREATE INDEX delivery_by_time ON delivery(time);
COMMIT;
PRAGMA user_version = 1;
