-- A database like edx-platform's, in what makes one hard to move: no more of it than a few hundred rows.
SET NAMES utf8mb4;
SET SESSION sql_mode = '';
CREATE USER 'edxapp001'@'localhost' IDENTIFIED BY 'pw-edxapp';
CREATE USER 'edxapp_cmsh001'@'localhost' IDENTIFIED BY 'pw-csmh';
CREATE USER 'xqueue001'@'localhost' IDENTIFIED BY 'pw-x''q\\u';
CREATE USER 'migrate'@'localhost' IDENTIFIED BY 'pw-migrate';
CREATE USER 'analyst'@'10.9.8.7' IDENTIFIED BY 'pw-analyst';
CREATE USER 'stranger'@'localhost' IDENTIFIED BY 'pw-stranger';
CREATE DATABASE edxapp CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci;
CREATE DATABASE edxapp_csmh CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci;
CREATE DATABASE xqueue CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
USE edxapp;
CREATE TABLE auth_user (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  username VARCHAR(150) NOT NULL UNIQUE,
  email VARCHAR(254) NOT NULL,
  last_login DATETIME(6) NULL,
  date_joined DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00'
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;
INSERT INTO auth_user (username, email, last_login, date_joined) VALUES
  ('staff', 'staff@example.org', '2026-11-01 10:00:00.123456', '2020-02-29 00:00:00'),
  ('honor', '', NULL, '0000-00-00 00:00:00'),
  ('مريم', 'maryam@example.org', NULL, '0000-00-00 00:00:00');
INSERT INTO auth_user (username, email)
  WITH RECURSIVE numbers AS (SELECT 1 AS seq UNION ALL SELECT seq + 1 FROM numbers WHERE seq < 500)
  SELECT CONCAT('learner', seq), CONCAT('l', seq, '@example.org') FROM numbers;
UPDATE auth_user SET id = 100000 WHERE username = 'learner500';
CREATE TABLE course_overviews_courseoverview (
  id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
  display_name LONGTEXT CHARACTER SET utf8mb4 NULL,
  facebook_url TEXT NULL,
  effort FLOAT NULL,
  lowest_passing_grade DECIMAL(5,2) NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;
INSERT INTO course_overviews_courseoverview VALUES
  ('course-v1:edX+DemoX+2026', 'Demonstration 🎓 of "quotes", \\ and \n lines', NULL, 1.5, 0.50),
  ('course-v1:edX+demox+2026', 'מבוא ל־Open edX', '', NULL, NULL),
  ('course-v1:عربي+X+1', 'مقدمة', 'NULL', 0, 1.00);
CREATE TABLE courseware_studentmodule (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  student_id INT NOT NULL,
  module_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  course_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  state LONGTEXT NULL,
  grade DOUBLE NULL,
  modified TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  UNIQUE KEY sm (student_id, module_id(100)),
  KEY grade (grade),
  CONSTRAINT sm_student FOREIGN KEY (student_id) REFERENCES auth_user (id),
  CONSTRAINT sm_course FOREIGN KEY (course_id) REFERENCES course_overviews_courseoverview (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;
INSERT INTO courseware_studentmodule (student_id, module_id, course_id, state, grade)
  SELECT id, CONCAT('block-v1:edX+DemoX+', id), 'course-v1:edX+DemoX+2026', REPEAT('{"attempts": 1}', id MOD 50), id / 7
  FROM auth_user;
-- It refers to a table that comes after it by name.
CREATE TABLE a_child (
  id INT NOT NULL PRIMARY KEY,
  parent INT NULL,
  CONSTRAINT a_child_parent FOREIGN KEY (parent) REFERENCES auth_user (id) ON UPDATE CASCADE ON DELETE SET NULL
) ENGINE=InnoDB;
INSERT INTO a_child VALUES (0, NULL), (1, 1);
CREATE TABLE blobs (
  `key` VARBINARY(64) NOT NULL PRIMARY KEY, `value` LONGBLOB NULL, bits BIT(12) NULL, flag TINYINT(1) NOT NULL DEFAULT 0,
  kind ENUM('a', 'b''c') NULL, day DATE NOT NULL DEFAULT '0000-00-00', at TIME(3) NULL
) ENGINE=InnoDB;
INSERT INTO blobs VALUES
  (0x00ff0a0d1a275c, 0x0001025cff, b'101', 1, 'b''c', '0000-00-00', '-01:02:03.004'),
  ('empty', '', NULL, 0, NULL, '2026-00-00', NULL), ('null', NULL, NULL, 0, 'a', '2026-11-30', '00:00:00');
CREATE TABLE legacy_log (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, text VARCHAR(20)) ENGINE=MyISAM DEFAULT CHARSET=latin1;
INSERT INTO legacy_log (text) VALUES ('für'), ('naïve');
CREATE TABLE `odd``name with spaces` (`a``b` INT, `order` INT) ENGINE=InnoDB;
INSERT INTO `odd``name with spaces` VALUES (1, 2), (1, 2);
CREATE TABLE audit (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, what VARCHAR(50)) ENGINE=InnoDB AUTO_INCREMENT=900;
CREATE DEFINER=`edxapp001`@`localhost` TRIGGER user_audit AFTER INSERT ON auth_user FOR EACH ROW
  INSERT INTO audit (what) VALUES (CONCAT('new user ', NEW.username));
GRANT ALL ON edxapp.* TO 'edxapp001'@'localhost';
CREATE DEFINER=`edxapp001`@`localhost` FUNCTION double_it(x DOUBLE) RETURNS DOUBLE DETERMINISTIC RETURN x * 2;
CREATE DEFINER=`edxapp001`@`localhost` SQL SECURITY DEFINER VIEW graded AS
  SELECT u.username AS name, m.grade AS grade FROM auth_user u JOIN courseware_studentmodule m ON m.student_id = u.id;
CREATE DEFINER=`root`@`localhost` SQL SECURITY INVOKER VIEW best AS SELECT * FROM graded WHERE double_it(grade) > 10;
CREATE VIEW an_early_view AS SELECT * FROM graded;
DELIMITER ;;
CREATE DEFINER=`root`@`localhost` PROCEDURE tidy() BEGIN DELETE FROM audit WHERE id < 0; SELECT 'done; really'; END;;
CREATE DEFINER=`root`@`localhost` EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DO CALL tidy();;
DELIMITER ;
USE edxapp_csmh;
CREATE TABLE coursewarehistoryextended_studentmodulehistoryextended (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, state LONGTEXT, grade DOUBLE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;
INSERT INTO coursewarehistoryextended_studentmodulehistoryextended (state, grade)
  WITH RECURSIVE numbers AS (SELECT 1 AS seq UNION ALL SELECT seq + 1 FROM numbers WHERE seq < 300)
  SELECT REPEAT('x', seq), seq / 3 FROM numbers;
USE xqueue;
CREATE TABLE queue_submission (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, body LONGTEXT) ENGINE=InnoDB;
INSERT INTO queue_submission (body) VALUES ('🎉'), ('');
GRANT ALL ON edxapp_csmh.* TO 'edxapp_cmsh001'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE ON xqueue.* TO 'xqueue001'@'localhost';
GRANT SELECT, INSERT, UPDATE, DELETE, ALTER, CREATE, DROP, INDEX, REFERENCES ON `edxapp%`.* TO 'migrate'@'localhost';
GRANT SELECT ON edxapp.graded TO 'analyst'@'10.9.8.7';
GRANT SELECT (id, username), UPDATE (email) ON edxapp.auth_user TO 'analyst'@'10.9.8.7' WITH GRANT OPTION;
GRANT EXECUTE ON PROCEDURE edxapp.tidy TO 'analyst'@'10.9.8.7';
