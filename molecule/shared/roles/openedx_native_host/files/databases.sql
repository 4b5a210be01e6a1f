-- What the test host has besides the databases of edx_databases' own tests (platform.sql).
SET NAMES utf8mb4;
USE edxapp;
ALTER USER 'edxapp001'@'localhost' IDENTIFIED BY 'not-for-output-mysql';
ALTER USER 'xqueue001'@'localhost' IDENTIFIED BY 'not-for-output-xqueue';
GRANT ALL ON edxapp_csmh.* TO 'edxapp001'@'localhost';
CREATE TABLE edxapp.standin_writes (number BIGINT NOT NULL PRIMARY KEY, text VARCHAR(50) CHARACTER SET utf8mb4) ENGINE=InnoDB;
CREATE TABLE edxapp.student_courseenrollment (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, course_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  created DATETIME(6) NULL, is_active TINYINT(1) NOT NULL, user_id INT NOT NULL, mode VARCHAR(100) NOT NULL,
  UNIQUE KEY learner (user_id, course_id), KEY course (course_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;
INSERT INTO edxapp.student_courseenrollment (course_id, created, is_active, user_id, mode)
  SELECT CONCAT('course-v1:edX+', seq MOD 40, '+2026'), NOW(6), 1, seq, 'honor' FROM seq_1_to_60000;
INSERT INTO edxapp_csmh.coursewarehistoryextended_studentmodulehistoryextended (state, grade)
  SELECT REPEAT(MD5(seq), 20), seq / 3 FROM seq_1_to_30000;
CREATE DATABASE ecommerce CHARACTER SET utf8mb3;
CREATE DATABASE discovery CHARACTER SET utf8mb4;
CREATE DATABASE analytics_api CHARACTER SET utf8mb3;
CREATE DATABASE insights CHARACTER SET utf8mb3;
CREATE TABLE ecommerce.basket (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, price DECIMAL(12, 2)) ENGINE=InnoDB;
INSERT INTO ecommerce.basket (price) VALUES (9.99), (0);
CREATE TABLE discovery.course (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, title VARCHAR(255)) ENGINE=InnoDB;
INSERT INTO discovery.course (title) VALUES ('Χημεία'), ('化学 ⚗️');
CREATE TABLE analytics_api.a (id INT NOT NULL PRIMARY KEY) ENGINE=InnoDB;
CREATE TABLE insights.a (id INT NOT NULL PRIMARY KEY) ENGINE=InnoDB;
CREATE USER 'ecommerce001'@'localhost' IDENTIFIED BY 'not-for-output-ecommerce';
CREATE USER 'discovery001'@'localhost' IDENTIFIED BY 'not-for-output-discovery';
CREATE USER 'analytics_api001'@'localhost' IDENTIFIED BY 'not-for-output-analytics_api';
CREATE USER 'insights001'@'localhost' IDENTIFIED BY 'not-for-output-insights';
GRANT ALL ON ecommerce.* TO 'ecommerce001'@'localhost';
GRANT ALL ON discovery.* TO 'discovery001'@'localhost';
GRANT ALL ON analytics_api.* TO 'analytics_api001'@'localhost';
GRANT ALL ON insights.* TO 'insights001'@'localhost';
