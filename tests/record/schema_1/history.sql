BEGIN TRANSACTION;
CREATE TABLE cases (
        run INTEGER NOT NULL REFERENCES runs, key TEXT NOT NULL, model TEXT NOT NULL, recipe TEXT NOT NULL,
        variant TEXT NOT NULL, profile TEXT NOT NULL, verdict TEXT NOT NULL, artifact_key TEXT NOT NULL,
        digest TEXT NOT NULL, PRIMARY KEY (run, key)
    ) WITHOUT ROWID;
INSERT INTO "cases" VALUES(1,'kws-fp16-rpi4','kws','fp16','','rpi4','FAIL','abababababababababababababababababababababababababababababababab','cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd');
INSERT INTO "cases" VALUES(1,'kws-int8-rpi4','kws','int8','','rpi4','FAIL','abababababababababababababababababababababababababababababababab','cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd');
CREATE TABLE metrics (
        run INTEGER NOT NULL REFERENCES runs, key TEXT NOT NULL, metric TEXT NOT NULL, value REAL,
        unit TEXT NOT NULL, rung TEXT NOT NULL, n INTEGER NOT NULL, low REAL, high REAL,
        PRIMARY KEY (key, metric, run)
    ) WITHOUT ROWID;
INSERT INTO "metrics" VALUES(1,'kws-fp16-rpi4','latency.p50',0.0286,'s','host',12,0.0279,0.0291);
INSERT INTO "metrics" VALUES(1,'kws-int8-rpi4','latency.p50',0.0286,'s','host',12,0.0279,0.0291);
CREATE TABLE runs (
        id INTEGER PRIMARY KEY, sum TEXT NOT NULL UNIQUE, started TEXT NOT NULL, duration_s REAL NOT NULL,
        sha TEXT NOT NULL, branch TEXT NOT NULL, dirty INTEGER NOT NULL, command TEXT NOT NULL,
        environment TEXT NOT NULL, versions TEXT NOT NULL
    );
INSERT INTO "runs" VALUES(1,'d4cb1e875d290b810135e05de159b7ac048391f74571ac6c7453d70b60a3037f','2026-03-02T10:00:00Z',42.5,'9c41e07','main',1,'["-x"]','{"cpu": "x"}','{"numpy": "2.4"}');
CREATE TABLE slots (
        run INTEGER NOT NULL REFERENCES runs, key TEXT NOT NULL, metric TEXT NOT NULL,
        statistic TEXT NOT NULL, reference TEXT NOT NULL, failed INTEGER NOT NULL,
        PRIMARY KEY (key, metric, statistic, reference, run)
    ) WITHOUT ROWID;
INSERT INTO "slots" VALUES(1,'kws-fp16-rpi4','latency','p50','',1);
INSERT INTO "slots" VALUES(1,'kws-int8-rpi4','latency','p50','',1);
COMMIT;
PRAGMA user_version = 1;
PRAGMA application_id = 1701078885;
