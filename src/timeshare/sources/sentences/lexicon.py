"""The words of the sentence grammar, as plain data."""

# Two nouns make two compounds, "milk chocolate" and "chocolate milk", and each compound is a thing of its last noun's
# kind. The nouns of a pair are of different kinds, so a compound's words without their order never tell its label.
NOUN_PAIRS = (
    ("milk", "chocolate"),
    ("dog", "house"),
    ("race", "horse"),
    ("boat", "house"),
    ("tea", "party"),
    ("coffee", "bean"),
    ("car", "show"),
    ("show", "dog"),
    ("boat", "race"),
    ("tour", "bus"),
    ("wine", "bar"),
    ("barn", "cat"),
    ("beer", "festival"),
    ("contest", "pie"),
    ("station", "train"),
    ("carriage", "horse"),
    ("cheese", "goat"),
    ("bee", "honey"),
    ("fruit", "juice"),
    ("garage", "truck"),
)

NOUNS_BY_KIND = {
    "animal": ("bee", "cat", "dog", "goat", "horse"),
    "building": ("bar", "barn", "garage", "house", "station"),
    "drink": ("beer", "coffee", "juice", "milk", "tea", "wine"),
    "event": ("contest", "festival", "party", "race", "show", "tour"),
    "food": ("bean", "cheese", "chocolate", "fruit", "honey", "pie"),
    "vehicle": ("boat", "bus", "car", "carriage", "train", "truck"),
}

# Objects of one noun: (phrase, kind).
SIMPLE_OBJECTS = (
    ("a rabbit", "animal"),
    ("an elephant", "animal"),
    ("the swan", "animal"),
    ("a castle", "building"),
    ("the library", "building"),
    ("an old tower", "building"),
    ("a lemonade", "drink"),
    ("some water", "drink"),
    ("the cider", "drink"),
    ("a concert", "event"),
    ("an opera", "event"),
    ("the parade", "event"),
    ("an apple", "food"),
    ("some bread", "food"),
    ("the sandwich", "food"),
    ("a bicycle", "vehicle"),
    ("an airship", "vehicle"),
    ("the tractor", "vehicle"),
)

SUBJECTS = (
    "I",
    "we",
    "they",
    "she",
    "everyone",
    "Anna",
    "my sister",
    "my brother",
    "the teacher",
    "the children",
    "our neighbours",
    "a stranger",
)

# Verbs that go with every kind of thing, so that the verb does not give the label away ...
VERBS = (
    "chose",
    "described",
    "enjoyed",
    "imagined",
    "liked",
    "mentioned",
    "noticed",
    "photographed",
    "preferred",
    "remembered",
    "saw",
    "wanted",
)
# ... and verbs that go with one kind alone. They are used with objects of one noun, which need no order.
VERBS_BY_KIND = {"food": ("ate", "cooked"), "drink": ("drank", "poured")}

WEATHER_SUBJECT = "it"
WEATHER_VERB = "was"
WEATHER = ("freezing", "hailing", "raining", "snowing", "thundering")

# A sentence takes at most one adjunct from each slot. Many hold nouns of the compounds: a noun's mere presence, or its
# place at the end of a sentence, tells nothing about the object.
TIMES = (
    ("yesterday", "today", "on Monday", "on Tuesday", "on Friday", "last week"),
    ("in the morning", "in the evening", "at noon", "at night"),
    ("before the race", "after the party", "during the show", "before the tour", "after lunch"),
)
PLACES = (
    ("in the house", "at the station", "in the barn", "at the bar", "in the park"),
    ("near the river", "behind the garage", "by the boat", "next to a truck"),
    ("in Paris", "in the city", "in a small village", "downtown"),
)
COMPANY = (
    ("with a friend", "with the dog", "with the cat", "with my father"),
    ("without my mother", "without the horse", "without the goat"),
    ("for the guests", "for a festival", "for the children"),
)
MANNERS = (
    ("quietly", "gladly", "slowly", "by chance"),
    ("over some tea", "over a beer", "with a coffee", "between two meals"),
    ("on the way to a contest", "in a hurry", "for fun"),
)
