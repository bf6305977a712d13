//! What simulated people are called and what they say.
//!
//! In: a number, what happens. Out: a name that nobody else of the crowd has, and sentences in that person's language. Plain values.

use super::chance::Chance;

/// Every id of a simulated person begins with this.
pub const ID_PREFIX: &str = "simulated-";

/// The third party's id of a person. The same number is the same person.
pub fn id(number: usize) -> String {
    format!("{ID_PREFIX}{number}")
}

/// A person's name, at most 127 bytes; no two of the first [`super::MAX_PEOPLE`] have the same.
pub fn name(number: usize) -> String {
    let round = number / ROUND;
    let of = |tongue: &Tongue, index: usize, between: &str| {
        // A step of each list a person, so that neighbours share neither name; a whole turn of the first shifts the second by one.
        let (first, second) = tongue.names;
        let (a, b) = (index % first.len(), (index / first.len() + index) % second.len());
        let (first, second) = (first.get(a).copied().unwrap_or_default(), second.get(b).copied().unwrap_or_default());
        format!("{first}{between}{second}")
    };
    match number % ROUND {
        part @ 0..=3 => of(&LATIN, round * 4 + part, " "),
        part @ 4..=5 => of(&CHINESE, round * 2 + part - 4, ""),
        6 => of(&JAPANESE, round, " "),
        7 => of(&KOREAN, round, ""),
        8 => of(&ARABIC, round, " "),
        _ if round == 0 => LONG.to_owned(),
        _ => {
            let emoji = EMOJI.get(round % EMOJI.len()).copied().unwrap_or_default();
            let (first, _) = LATIN.names;
            let nick = first.get(round % first.len()).copied().unwrap_or_default();
            format!("{emoji} {}", nick.to_lowercase())
        }
    }
}

/// What somebody may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// Nothing in particular.
    Chat,
    /// Having been made questioner.
    Question,
    /// Somebody wrote in private.
    Answer,
}

/// A sentence in the person's language.
pub fn line(number: usize, occasion: Occasion, chance: &mut Chance) -> String {
    let tongue = tongue(number);
    let lines = match occasion {
        Occasion::Chat => tongue.chat,
        Occasion::Question => tongue.questions,
        Occasion::Answer => tongue.answers,
    };
    chance.pick(lines).map_or_else(String::new, |line| (*line).to_owned())
}

/// A greeting for somebody who came just now.
pub fn greeting(number: usize, newcomer: &str) -> String {
    tongue(number).greeting.replace("{}", newcomer)
}

fn tongue(number: usize) -> &'static Tongue {
    match number % ROUND {
        4..=5 => &CHINESE,
        6 => &JAPANESE,
        7 => &KOREAN,
        8 => &ARABIC,
        _ => &LATIN,
    }
}

/// What is said in one language. Two lists of names, the first to be written first; the second list's length and the first's plus one
/// have no common divisor, so that every pair comes up before one does again.
struct Tongue {
    names: (&'static [&'static str], &'static [&'static str]),
    chat: &'static [&'static str],
    questions: &'static [&'static str],
    answers: &'static [&'static str],
    greeting: &'static str,
}

/// Out of so many: four with Latin names, two Chinese, one each of the others, one that is hard to draw.
const ROUND: usize = 10;

const LATIN: Tongue = Tongue {
    names: (
        &["Amelia", "Bruno", "Chiara", "Dmitri", "Elif", "Freya", "Goran", "Hanna", "Ibrahim", "Jana", "Kofi", "Léa"],
        &["Almeida", "Berg", "Castro", "Dubois", "Eriksen", "Fischer", "Gallo", "Horváth", "Ivanova", "Jensen", "Kaya"],
    ),
    chat: &[
        "Sound and slides are fine here.",
        "I agree with that.",
        "Could we see the last page once more?",
        "Das passt für uns auch.",
        "Très bien, merci.",
        "Un momento, por favor.",
        "We tried this last week and it worked.",
        "Who takes the notes today?",
        "👍",
        "I put the numbers into the shared folder.",
        "Let us not forget the time zones.",
        "Good point.",
    ],
    questions: &[
        "My question: until when do we need the figures?",
        "Does that also hold for guests without a password?",
        "What happens when the first server is down?",
        "Ich wollte fragen, ob es ein Protokoll gibt.",
    ],
    answers: &["Thanks, I saw it.", "Yes, let us talk after the meeting.", "Only between us: I think so too."],
    greeting: "Welcome, {}!",
};

const CHINESE: Tongue = Tongue {
    names: (
        &["陳", "林", "黃", "張", "李", "吳", "劉", "蔡", "楊", "許"],
        &["雅婷", "志明", "淑芬", "家豪", "怡君", "俊傑", "美玲"],
    ),
    chat: &["聲音很清楚。", "我同意。", "可以再看一次上一頁嗎？", "謝謝說明。", "我們下週再確認。", "收到，我來處理。"],
    questions: &["請問這個什麼時候上線？", "請問訪客也可以看錄影嗎？", "我想請問預算的部分。"],
    answers: &["看到了，謝謝。", "好，會後再聊。"],
    greeting: "{}，歡迎！",
};

const JAPANESE: Tongue = Tongue {
    names: (&["佐藤", "高橋", "渡辺", "伊藤", "中村", "小林"], &["結衣", "蓮", "陽菜", "大翔", "美咲"]),
    chat: &["よく聞こえます。", "なるほど。", "資料はあとで送ります。", "賛成です。", "少しだけ待ってください。"],
    questions: &["質問があります。締め切りはいつですか。", "録画は残りますか。"],
    answers: &["ありがとうございます。見ました。", "では、あとで話しましょう。"],
    greeting: "{}さん、ようこそ。",
};

const KOREAN: Tongue = Tongue {
    names: (&["김", "이", "박", "최", "정", "강"], &["서연", "도윤", "하은", "지호", "수빈"]),
    chat: &["잘 들립니다.", "동의합니다.", "다음 장으로 넘어갈까요?", "자료 감사합니다.", "잠시만요."],
    questions: &["질문 있습니다. 언제까지 필요한가요?", "손님도 참여할 수 있나요?"],
    answers: &["네, 확인했습니다.", "회의 끝나고 이야기해요."],
    greeting: "{} 님, 어서 오세요!",
};

const ARABIC: Tongue = Tongue {
    names: (&["ليلى", "عمر", "نور", "يوسف", "سلمى", "كريم"], &["حداد", "منصور", "نجار", "صباغ", "خوري"]),
    chat: &["الصوت واضح.", "أوافق على ذلك.", "شكرا على الشرح.", "هل نعود إلى الصفحة السابقة؟", "لحظة من فضلكم."],
    questions: &["لدي سؤال: متى الموعد النهائي؟", "هل يبقى التسجيل متاحا؟"],
    answers: &["وصلت الرسالة، شكرا.", "نتحدث بعد الاجتماع."],
    greeting: "أهلا {}!",
};

const EMOJI: &[&str] = &["🌻", "🐙", "🚀", "🧩", "🎧", "👩‍🔬", "🦊"];

/// 127 bytes, the longest that the guide allows.
const LONG: &str = "Professor Emerita Wilhelmina Anastasia von Hohenstein-Königsbrück, Institute for Remarkably Long Names and Their Consequences";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::hit::request::MAX_ID;
    use crate::installation::crowd::MAX_PEOPLE;

    #[test]
    fn nobody_of_a_crowd_has_the_name_or_the_id_of_somebody_else() {
        let names: BTreeSet<String> = (0..MAX_PEOPLE).map(name).collect();
        let ids: BTreeSet<String> = (0..MAX_PEOPLE).map(id).collect();
        assert_eq!((names.len(), ids.len()), (MAX_PEOPLE, MAX_PEOPLE));
        assert!(names.iter().all(|name| !name.is_empty() && name.len() <= MAX_ID));
        assert!(names.iter().any(|name| name.len() == MAX_ID), "{}", LONG.len());
    }

    #[test]
    fn everybody_has_something_to_say_on_every_occasion() {
        let mut chance = Chance::new(1, 1);
        for number in 0..MAX_PEOPLE {
            for occasion in [Occasion::Chat, Occasion::Question, Occasion::Answer] {
                assert!(!line(number, occasion, &mut chance).is_empty());
            }
            assert!(greeting(number, "Somebody").contains("Somebody"));
        }
    }
}
