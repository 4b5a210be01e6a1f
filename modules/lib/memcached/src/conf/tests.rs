use super::*;
use crate::ExtraOption;

/// A file of the project's own, of the shape that Debian's package leaves.
const PACKAGED: &str = "\
# memcached on this host
-d

logfile /var/log/memcached.log
# be verbose
# -v
-m 64
-p 11211   # the usual port
-u memcache

# who may connect
-l 127.0.0.1

# connections
# -c 1024

-P /var/run/memcached/memcached.pid
";

fn settings() -> Settings {
    Settings {
        listen: vec!["10.0.0.5".parse().unwrap(), "127.0.0.1".parse().unwrap()],
        memory_mb: 512,
        ..Settings::default()
    }
}

fn applied(text: &str) -> String {
    let document = Document::parse(text).unwrap().apply(&settings()).unwrap();
    assert_eq!(document.apply(&settings()).unwrap(), document, "applying twice changes more");
    String::from_utf8(document.bytes().to_vec()).unwrap()
}

/// The lines that [`applied`] adds at the end of a file that has none of them.
fn without_appended(text: &str) -> String {
    let mut text = text.to_owned();
    for line in [
        "-m 512\n",
        "-p 11211\n",
        "-U 0\n",
        "-u memcache\n",
        "-l 10.0.0.5,127.0.0.1\n",
        "-c 1024\n",
        "-t 4\n",
        "-I 1m\n",
    ] {
        text = text.replacen(line, "", 1);
    }
    text
}

fn refusal(text: &str) -> String {
    Document::parse(text).unwrap_err().to_string()
}

#[test]
fn managed_options_change_in_place_and_every_other_line_stays() {
    assert_eq!(
        applied(PACKAGED),
        "\
# memcached on this host
-d

logfile /var/log/memcached.log
# be verbose
# -v
-m 512
-p 11211   # the usual port
-u memcache

# who may connect
-l 10.0.0.5,127.0.0.1

# connections
# -c 1024
-c 1024

-P /var/run/memcached/memcached.pid
-U 0
-t 4
-I 1m
"
    );
}

#[test]
fn a_fresh_file_holds_every_setting_once() {
    let document = Document::fresh(&settings()).unwrap();
    for (option, value) in [
        ('l', "10.0.0.5,127.0.0.1"),
        ('p', "11211"),
        ('U', "0"),
        ('m', "512"),
        ('c', "1024"),
        ('t', "4"),
        ('I', "1m"),
        ('u', "memcache"),
        ('P', "/var/run/memcached/memcached.pid"),
    ] {
        assert_eq!(document.values(option), [value]);
    }
    assert!(document.values('d').is_empty());
    assert_eq!(document.apply(&settings()).unwrap(), document);
}

#[test]
fn of_an_option_given_twice_the_first_line_stays_and_the_others_become_comments() {
    let edited = applied("-l 127.0.0.1\n-m 64\n  -l 192.168.0.1 # second\n--listen=0.0.0.0\n-m128\n");
    assert!(
        edited.starts_with("-l 10.0.0.5,127.0.0.1\n-m 512\n  # -l 192.168.0.1 # second\n# --listen=0.0.0.0\n# -m128\n"),
        "{edited}"
    );
}

#[test]
fn every_spelling_of_an_option_is_found() {
    for (before, after) in [
        ("-m64\n", "-m512\n"),
        ("-m   64\n", "-m   512\n"),
        ("--memory-limit=64\n", "--memory-limit=512\n"),
        ("--memory-limit 64\n", "--memory-limit 512\n"),
        ("--memory-l=64\n", "--memory-l=512\n"),
        ("\t-m 64\r\n", "\t-m 512\r\n"),
        ("-vm64\n", "-vm512\n"),
        ("-vkm 64 # big\n", "-vkm 512 # big\n"),
        ("-m 64", "-m 512"),
    ] {
        let edited = applied(before);
        assert!(edited.starts_with(after), "{before:?} became {edited:?}");
        assert_eq!(Document::parse(edited).unwrap().values('m'), ["512"]);
    }
}

#[test]
fn options_that_share_a_line_are_changed_and_taken_out_one_by_one() {
    assert!(applied("-m 64 -F -p 1 -m 32\n").starts_with("-m 512 -F -p 11211 \n"));
    assert!(applied("-m 64\n-Fm 32 -X\n").starts_with("-m 512\n-F -X\n"));
}

#[test]
fn options_of_a_newer_memcached_stay_with_their_values() {
    let edited = applied("--brand-new 5 -m 64\n-G 7\n--newer=x\n-m 32 -G\n");
    assert!(edited.starts_with("--brand-new 5 -m 512\n-G 7\n--newer=x\n -G\n"), "{edited}");
}

#[test]
fn a_unix_socket_is_taken_out_since_it_turns_the_network_off() {
    assert_eq!(
        without_appended(&applied("-s /run/memcached.sock\n-a 0770\n--daemon\n-F\n")),
        "# -s /run/memcached.sock\n# -a 0770\n# --daemon\n-F\n"
    );
}

#[test]
fn extra_options_are_set_like_the_others() {
    let mut wanted = settings();
    wanted.extra = vec![
        ExtraOption::parse("-F").unwrap(),
        ExtraOption::parse("-R 40").unwrap(),
        ExtraOption::parse("-o no_hashexpand").unwrap(),
    ];
    let document = Document::parse("-R 20\n# -F\n# end\n").unwrap();
    let document = document.apply(&wanted).unwrap();
    assert!(document.bytes().starts_with(b"-R 40\n# -F\n-F\n# end\n"));
    assert!(document.bytes().ends_with(b"-o no_hashexpand\n"));
    assert_eq!(document.apply(&wanted).unwrap(), document);
}

#[test]
fn lines_that_the_start_script_drops_set_nothing() {
    let dropped = "-d -m 1\n-hm 2\nlogfile -m 3\n# -m 4\n #-m 5\n   \n\n# caf\u{e9} -m 6\n";
    let document = Document::parse(dropped).unwrap();
    assert!(document.values('m').is_empty());
    assert!(applied(dropped).starts_with("-d -m 1\n-hm 2\nlogfile -m 3\n# -m 4\n #-m 5\n-m 512\n"));
}

#[test]
fn a_file_in_another_encoding_keeps_its_comments() {
    let document = Document::parse(&b"# caf\xe9\n-m 64\n"[..]).unwrap();
    let document = document.apply(&settings()).unwrap();
    assert!(document.bytes().starts_with(b"# caf\xe9\n-m 512\n"));
}

#[test]
fn a_line_that_a_shell_would_interpret_is_refused_and_named() {
    for character in ";$`|&\"'<>*?~\\(){}!^\0é".chars() {
        assert_eq!(
            refusal(&format!("# first\n-m 64\n-p 11211{character}x\n")),
            format!(
                "line 3: the character {character:?} is handed to a shell run as root by memcached's start script, so the line is not just options; rewrite it without that character"
            )
        );
    }
}

#[test]
fn an_escaped_hash_is_no_comment() {
    assert!(refusal("-m 64 \\# x\n").starts_with("line 1: the character '\\\\' is handed"));
    // What follows an escaped hash counts again, even inside of a comment.
    assert_eq!(
        refusal("# see \\#5\n"),
        "line 1: \"#5\" reaches memcached's command line as a word of its own, which is no option; remove it, or make it a comment with #"
    );
}

#[test]
fn words_that_slip_through_the_start_script_are_refused() {
    for (text, word) in
        [("reboot\n", "reboot"), ("0 reboot\n", "0"), ("-- -m 64\n", "--"), ("-l 10.0.0.5, 10.0.0.6\n", "10.0.0.6")]
    {
        assert_eq!(
            refusal(text),
            format!(
                "line 1: {word:?} reaches memcached's command line as a word of its own, which is no option; remove it, or make it a comment with #"
            )
        );
    }
}

#[test]
fn an_option_without_its_value_is_refused() {
    assert_eq!(refusal("\n-l\n-m 64\n"), "line 2: -l has no value on its line; put the value on the same line");
}

#[test]
fn an_ipv6_address_in_brackets_can_be_replaced() {
    assert!(applied("-l [::1]:11211\n").starts_with("-l 10.0.0.5,127.0.0.1\n"));
}

/// The package's own file, where the package is installed.
#[test]
fn the_packages_own_file_is_read() {
    let Ok(bytes) = std::fs::read("/etc/memcached.conf") else {
        println!("skipped: /etc/memcached.conf is absent");
        return;
    };
    let document = Document::parse(bytes).unwrap();
    let edited = document.apply(&settings()).unwrap();
    assert_eq!(edited.values('l'), ["10.0.0.5,127.0.0.1"]);
}
