//! What comes next, and in which order.

mod common;

use common::{endpoint, layer};
use edx_layout::Layer;
use roadmap::{HostStatus, How, Mark, Place, Report, Scope, StepKind, next_step};

const PLAYBOOK: &str = "ansible-playbook -i inventory.yml playbooks/migrate_memcached.yml";
const REDIS_PLAYBOOK: &str = "ansible-playbook -i inventory.yml playbooks/migrate_redis.yml";

fn what(hosts: &[HostStatus]) -> String {
    next_step(hosts).what
}

fn commands(hosts: &[HostStatus]) -> Vec<String> {
    let commands = next_step(hosts).how.into_iter().filter_map(|how| match how {
        How::Command(command) => Some(command),
        How::Hand(_) => None,
    });
    commands.collect()
}

/// Layers of the fresh platform that have moved.
fn moved(layers: &[usize]) -> Vec<HostStatus> {
    let mut hosts = common::fresh();
    for &index in layers {
        hosts[0].layers[index] = common::moved()[0].layers[index].clone();
    }
    hosts
}

#[test]
fn layers_move_in_the_order_of_the_roadmap() {
    assert_eq!(what(&moved(&[])), "Move MySQL to a server of its own");
    assert_eq!(what(&moved(&[0])), "Move MongoDB to a server of its own");
    assert_eq!(what(&moved(&[0, 1])), "Move memcached and Redis to a server of their own");
    assert_eq!(what(&moved(&[0, 1, 2])), "Move Redis to a server of its own");
    assert_eq!(what(&moved(&[0, 1, 3])), "Move memcached to a server of its own");
    assert_eq!(what(&moved(&[0, 1, 2, 3])), "Move Elasticsearch to a server of its own");
    assert_eq!(what(&moved(&[0, 1, 2, 3, 5])), "Move the files to an object store (S3 or a compatible one)");
    assert_eq!(what(&moved(&[0, 1, 2, 3, 5, 6])), "Give each cache one key prefix on all application servers");
    assert_eq!(
        what(&common::moved()[..1]),
        "Add a second application server behind a load balancer, if one is not enough"
    );
    assert_eq!(what(&common::moved()), "Nothing has to move any more");
}

#[test]
fn what_was_not_asked_is_asked_before_a_server_is_added() {
    let mut hosts = common::moved();
    hosts[0].layers[0].endpoints[0].answers = None;
    assert_eq!(what(&hosts), "Ask the data servers that were not asked");
}

#[test]
fn the_reason_says_what_has_moved() {
    assert_eq!(
        next_step(&moved(&[0])).why,
        "MySQL has moved. MongoDB is usually the larger one on disk; one server is enough, no sharding."
    );
    assert_eq!(
        next_step(&moved(&[0, 1])).why,
        "MySQL and MongoDB have moved. Sessions, caches and the task queue have to be shared before there are several \
         application servers; with one server they may stay."
    );
}

#[test]
fn rabbitmq_moves_with_memcached_up_to_juniper() {
    let mut hosts = moved(&[0, 1]);
    hosts[0].layers[3] = common::unused(Layer::Redis);
    hosts[0].layers[4] =
        layer(Layer::RabbitMq, Place::Local, vec![endpoint("localhost:5672", Scope::Local, &[])], None);
    assert_eq!(what(&hosts), "Move memcached and RabbitMQ to a server of their own");
}

#[test]
fn mysql_memcached_and_redis_have_a_playbook_and_the_others_are_moved_by_hand() {
    let mysql = "ansible-playbook -i inventory.yml playbooks/migrate_mysql.yml";
    assert_eq!(commands(&moved(&[])), [&format!("{mysql} --check --diff"), mysql]);
    let both = [PLAYBOOK, REDIS_PLAYBOOK].map(|playbook| [format!("{playbook} --check --diff"), playbook.to_owned()]);
    assert_eq!(commands(&moved(&[0, 1])), both.concat());
    assert_eq!(commands(&moved(&[0, 1, 2])), both[1]);
    for hosts in [moved(&[0]), moved(&[0, 1, 2, 3]), moved(&[0, 1, 2, 3, 5])] {
        assert_eq!(commands(&hosts), [] as [&str; 0], "{}", what(&hosts));
        assert!(!next_step(&hosts).how.is_empty());
    }
}

#[test]
fn what_was_begun_is_finished_first() {
    let step = next_step(&common::half());
    assert_eq!(step.kind, StepKind::Finish);
    assert_eq!(step.what, "Finish the move of MongoDB");
    assert_eq!(
        step.why,
        "MongoDB: some on app1 itself (localhost:27017), some elsewhere (10.0.1.22:27017). What was begun is finished \
         before anything else moves."
    );
}

#[test]
fn memcached_that_was_begun_is_finished_by_its_playbook_before_mysql_moves() {
    let mut hosts = common::fresh();
    hosts[0].layers[2].place = Place::Mixed;
    assert_eq!(what(&hosts), "Finish the move of memcached");
    assert_eq!(commands(&hosts), [&format!("{PLAYBOOK} --check --diff"), PLAYBOOK]);
}

#[test]
fn one_server_ahead_of_the_other_is_a_move_that_was_begun() {
    let mut hosts = common::moved();
    hosts[1].layers[0] = common::fresh()[0].layers[0].clone();
    let step = next_step(&hosts);
    assert_eq!((step.kind, step.layers), (StepKind::Finish, vec![Layer::MySql]));
    assert_eq!(
        step.why,
        "MySQL is on app2 itself (localhost:3306). What was begun is finished before anything else moves."
    );
}

#[test]
fn different_servers_are_a_move_that_was_begun() {
    let mut hosts = common::moved();
    "s3://other".clone_into(&mut hosts[1].layers[6].endpoints[0].endpoint);
    assert_eq!(what(&hosts), "Finish the move of files");
}

#[test]
fn recording_comes_first_of_all() {
    let mut hosts = common::half();
    hosts[0].is_complete = false;
    hosts[0].layers[0].endpoints[0].answers = Some(false);
    hosts[0].layers[2].is_recorded = Some(false);
    let step = next_step(&hosts);
    assert_eq!(step.kind, StepKind::Record);
    assert_eq!(step.what, "Record where memcached went, in server-vars.yml of app1");
    assert_eq!(
        step.why,
        "memcached has moved, and the next upgrade would point the platform back at the application server."
    );
    assert_eq!(commands(&hosts), [PLAYBOOK]);

    hosts[0].layers[2].is_recorded = Some(true);
    assert_eq!(next_step(&hosts).kind, StepKind::Repair);
    hosts[0].layers[0].endpoints[0].answers = Some(true);
    assert_eq!(next_step(&hosts).kind, StepKind::Look);
    hosts[0].is_complete = true;
    assert_eq!(next_step(&hosts).kind, StepKind::Finish);
}

#[test]
fn a_layer_that_was_never_moved_has_nothing_to_record() {
    let mut hosts = common::fresh();
    hosts[0].layers[0].is_recorded = Some(false);
    assert_eq!(what(&hosts), "Move MySQL to a server of its own");
}

#[test]
fn nothing_moves_from_what_cannot_be_told() {
    assert_eq!(what(&[]), "Look at the application servers");
    let mut hosts = common::fresh();
    hosts[0].layers[1].place = Place::Unknown;
    assert_eq!(what(&hosts), "Find out where MongoDB is");
    hosts[0].is_complete = false;
    assert_eq!(what(&hosts), "Read the files that could not be read");
}

#[test]
fn the_stage_of_the_next_step_is_marked_and_no_other() {
    let stages = |hosts| {
        let stages = Report::new(hosts, None, "").stages;
        stages.into_iter().filter(|stage| stage.is_next).map(|stage| (stage.title, stage.mark)).collect::<Vec<_>>()
    };
    assert_eq!(stages(common::fresh()), [("MySQL".to_owned(), Mark::Open)]);
    assert_eq!(stages(common::half()), [("MongoDB".to_owned(), Mark::HalfDone)]);
    assert_eq!(stages(common::moved()), []);
    assert_eq!(
        stages(common::moved()[..1].to_vec()),
        [("Second application server, load balancer".to_owned(), Mark::Open)]
    );
}

#[test]
fn a_cache_that_is_not_shared_is_half_done() {
    let stages = Report::new(moved(&[0, 1, 2, 3, 5, 6]), None, "").stages;
    let marks: Vec<_> = stages.iter().map(|stage| (stage.mark, stage.is_next)).collect();
    assert_eq!(
        marks,
        [
            (Mark::Done, false),
            (Mark::Done, false),
            (Mark::HalfDone, true),
            (Mark::Done, false),
            (Mark::Done, false),
            (Mark::Open, false),
        ]
    );
}

#[test]
fn no_elasticsearch_no_stage() {
    let mut hosts = common::fresh();
    hosts[0].layers[5] = common::unused(Layer::Elasticsearch);
    let titles: Vec<_> = Report::new(hosts, None, "").stages.into_iter().map(|stage| stage.title).collect();
    assert_eq!(
        titles,
        ["MySQL", "MongoDB", "memcached and Redis", "Files", "Second application server, load balancer"]
    );
}
