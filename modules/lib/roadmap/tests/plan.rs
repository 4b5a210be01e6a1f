//! Which servers so many users take.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use roadmap::{Plan, plan};

fn servers(plan: &Plan) -> Vec<String> {
    plan.servers.iter().map(|server| format!("{} x {}: {}", server.count, server.role, server.size())).collect()
}

#[test]
fn up_to_1500_one_server_is_enough() {
    for users in [1, 800, 1_500] {
        let plan = plan(users, false, &common::fresh());
        assert_eq!(servers(&plan), ["1 x application server, with all data: t2.xlarge (4 vCPU, 16 GiB)"]);
        assert_eq!(plan.differences, [] as [&str; 0]);
        assert_eq!(plan.next, "None: nothing has to move at this number of users.");
        assert_eq!(plan.unknown, [] as [&str; 0]);
    }
}

#[test]
fn above_1500_data_has_servers_of_its_own() {
    let plan = plan(1_501, false, &common::fresh());
    assert_eq!(
        servers(&plan),
        [
            "1 x application server: t2.xlarge (4 vCPU, 16 GiB)",
            "1 x MySQL: t2.large (2 vCPU, 8 GiB)",
            "1 x MongoDB: t2.large (2 vCPU, 8 GiB)",
            "1 x memcached and Redis: t2.small (1 vCPU, 2 GiB) or t2.medium (2 vCPU, 4 GiB)",
            "1 x bastion: t2.micro (1 vCPU, 1 GiB)",
        ]
    );
    assert_eq!(
        plan.layout,
        "MySQL, MongoDB and the caches on servers of their own: 1,501 active users are above 1,500."
    );
    assert_eq!(
        plan.differences,
        [
            "MySQL is on the application server: it gets a server of its own.",
            "MongoDB is on the application server: it gets a server of its own.",
            "memcached is on the application server: it gets a server of its own.",
            "Redis is on the application server: it gets a server of its own.",
            "Files are on the application server: they may stay there while there is one application server.",
        ]
    );
    assert_eq!(plan.next, "Move MySQL to a server of its own.");
}

#[test]
fn data_ports_are_for_application_servers_and_ssh_is_for_the_bastion() {
    let plan = plan(5_000, false, &common::fresh());
    let ports: Vec<_> =
        plan.ports.iter().map(|rule| (rule.server.as_str(), rule.ports.as_str(), rule.from.as_str())).collect();
    assert_eq!(
        ports,
        [
            ("application server", "80, 443", "the load balancer; everybody while there is none"),
            ("MySQL", "3306", "application servers"),
            ("MongoDB", "27017", "application servers"),
            ("memcached", "11211", "application servers"),
            ("Redis", "6379", "application servers"),
            ("every server", "22", "the bastion"),
            ("bastion", "22", "you alone"),
        ]
    );
}

#[test]
fn the_queue_is_the_one_that_the_platform_has() {
    let mut hosts = common::fresh();
    hosts[0].layers[4] = hosts[0].layers[3].clone();
    hosts[0].layers[4].layer = edx_layout::Layer::RabbitMq;
    hosts[0].layers[3] = common::unused(edx_layout::Layer::Redis);
    let juniper = plan(5_000, false, &hosts);
    assert_eq!(juniper.servers[3].role, "memcached and RabbitMQ");
    assert_eq!(juniper.ports[4].ports, "5672");
    assert_eq!(plan(5_000, false, &[]).servers[3].role, "memcached and Redis (from Lilac on)");
}

#[test]
fn code_graders_have_a_server_of_their_own_at_any_number() {
    for users in [100, 5_000] {
        let plan = plan(users, true, &common::fresh());
        assert_eq!(servers(&plan).last().unwrap(), "1 x code jail: measure: the rules have no size");
        assert_eq!(plan.unknown.last().unwrap(), "The rules give no size for code jail: measure with your graders.");
    }
}

#[test]
fn nobody_yet_is_the_smallest_layout() {
    let plan = plan(0, false, &[]);
    assert_eq!(servers(&plan), ["1 x application server, with all data: t2.xlarge (4 vCPU, 16 GiB)"]);
    assert_eq!(plan.unknown, ["Nobody uses the platform yet: this is the smallest layout that the rules have."]);
    assert_eq!(plan.next, "Look at the application servers.");
}

#[test]
fn beyond_what_the_rules_know_there_are_no_sizes() {
    for (users, shown) in [(15_001, "15,001"), (u64::MAX, "18,446,744,073,709,551,615")] {
        let plan = plan(users, false, &common::fresh());
        assert_eq!(
            servers(&plan),
            [
                "1 x application server: measure: the rules have no size",
                "1 x MySQL: measure: the rules have no size",
                "1 x MongoDB: measure: the rules have no size",
                "1 x memcached and Redis: measure: the rules have no size",
                "1 x bastion: t2.micro (1 vCPU, 1 GiB)",
            ]
        );
        assert_eq!(
            plan.unknown,
            [format!(
                "The rules know one number, 1,500. For {shown} active users they give no sizes: measure under load \
                 before you buy."
            )]
        );
    }
}

#[test]
fn more_than_needed_is_said() {
    let plan = plan(300, false, &common::moved());
    assert_eq!(
        plan.differences,
        [
            "MySQL, MongoDB, memcached and Redis have moved already: more than this many users need.",
            "There are 2 application servers; one is enough.",
        ]
    );
}
