"""The words of the sentence grammar, as plain data: lists of phrases, with commas between them."""


def _list(text: str) -> tuple[str, ...]:
    return tuple(" ".join(phrase.split()) for phrase in text.split(","))


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((first, second) for first, second in (phrase.split() for phrase in _list(text)))


# Two nouns make two compounds, "milk chocolate" and "chocolate milk", and each compound is a thing of its last noun's
# kind. The nouns of a pair are of different kinds, so a compound's words without their order never tell its label.
# A line is a family: no noun is in two of them.
NOUN_FAMILIES = tuple(
    _pairs(line)
    for line in """
    milk chocolate, milk goat, milk cow, rice milk
    dog house, boat house, guest house, coffee house, house plant, coffee bean, dog toy, motor boat
    race horse, camel race, bike race, race car, carriage horse, horse barn, car radio
    cat show, pony show, flower show, flower hat
    pig farm, sheep farm, wool sheep, wool sock
    fish market, fish food, food market, food truck, fire truck
    beer festival, beer bottle, wine festival, wine grape
    music school, art school, school play, school dance
    costume contest, pie contest, museum costume, museum train, museum ship
    tea party, cocktail party, pizza party, party bus, tour bus
    lunch box, picnic lunch
    night club
    snack bar
    song bird
    honey bee
    ice water
    orange juice
    leather shoe
    button shirt
    pocket dress
    fur coat
    silk worm
    duck pond
    vegetable garden
    piano concert
    bread bakery
    castle wedding
    library book
    clock tower
    """.strip().splitlines()
)
NOUN_PAIRS = tuple(pair for family in NOUN_FAMILIES for pair in family)

# A thing of the kind `other` is of none of the other kinds.
NOUNS_BY_KIND = {
    "animal": _list("bee, bird, camel, cat, cow, dog, duck, fish, goat, horse, pig, pony, sheep, worm"),
    "building": _list("bakery, bar, barn, castle, club, farm, house, library, market, museum, school, tower"),
    "clothing": _list("coat, costume, dress, hat, shirt, shoe, sock"),
    "drink": _list("beer, cocktail, coffee, juice, milk, tea, water, wine"),
    "event": _list("concert, contest, dance, festival, night, party, picnic, play, race, show, tour, wedding"),
    "food": _list("bean, bread, chocolate, food, grape, honey, ice, lunch, orange, pie, pizza, rice, snack, vegetable"),
    "other": _list("""
        art, book, bottle, box, button, clock, fire, flower, fur, garden, guest, leather, motor, music, piano, plant,
        pocket, pond, radio, silk, song, toy, wool
    """),
    "vehicle": _list("bike, boat, bus, car, carriage, ship, train, truck"),
}

# Objects of one noun, which is in no compound.
SIMPLE_OBJECTS = {
    "animal": _list("""
        a rabbit, an elephant, the swan, a mouse, a lion, the tiger, a bear, the monkey, the chicken, a snake,
        the spider, a butterfly, the frog, a fox, a whale, the shark, a penguin, the parrot, a kitten, some wolves,
        the birds, two dogs, some cats
    """),
    "building": _list("""
        an old church, the hotel, the hospital, a restaurant, a skyscraper, the theatre,
        the airport, a palace, the factory, a shop, the office, a bank, the prison, a cottage, some houses
    """),
    "clothing": _list("""
        a jacket, a skirt, some trousers, the jeans, a sweater, the scarf, a tie, some gloves, the boots,
        my pyjamas, a suit, a blouse, the belt, a cap, the uniform, some shoes
    """),
    "drink": _list("""
        a lemonade, the cider, some champagne, a cola, the whisky, some cocoa, a smoothie, the milkshake, some vodka,
        the gin, a soda, an espresso, the cappuccino, some rum
    """),
    "event": _list("""
        an opera, the parade, the meeting, a birthday, the match, a funeral, the election,
        the conference, the exhibition, the competition, a lecture, the lesson, the ceremony
    """),
    "food": _list("""
        an apple, a sandwich, a banana, some cheese, the soup, a salad, some pasta, a potato, an egg,
        some butter, the cake, a biscuit, some meat, a burger, some chips, the strawberries, a tomato, some sugar,
        a pear, a lemon, the mushrooms, some noodles, a carrot, a pancake, the steak, two apples
    """),
    "other": _list("""
        an idea, the answer, a letter, a picture, a chair, the table, a secret, some money, my phone,
        the key, a question, the story, a dream, my father, the doctor, a film, the news, a plan, my mother,
        the computer, the newspaper, a ball, the window, a bed, the moon
    """),
    "vehicle": _list("""
        a bicycle, an airship, the tractor, a plane, the helicopter, a taxi, the ferry, a tram, a motorbike, the van,
        a rocket, the ambulance, a scooter, the submarine, the lorry, two cars
    """),
}

SUBJECTS = _list("""
    I, you, he, she, we, they, everyone, nobody, somebody, Anna, Tom, Maria, Ben, Lucy, Peter, my sister, my brother,
    my parents, the teacher, the children, our neighbours, a stranger, a student, the boys, the girls, your friend,
    his wife, her husband
""")

# Verbs by their past, with what follows "will". These go with every kind of thing, so that the verb does not give the
# label away ...
VERBS = _pairs("""
    chose choose, described describe, enjoyed enjoy, found find, forgot forget, got get, had have, hated hate,
    imagined imagine, liked like, loved love, mentioned mention, missed miss, needed need, noticed notice,
    photographed photograph, preferred prefer, remembered remember, saw see, wanted want
""")
# ... and these with one kind alone. They are used with objects of one noun, which need no order.
VERBS_BY_KIND = {
    "animal": _pairs("fed feed"),
    "building": _pairs("built build, entered enter"),
    "clothing": _pairs("wore wear, washed wash"),
    "drink": _pairs("drank drink, poured pour"),
    "event": _pairs("attended attend"),
    "food": _pairs("ate eat, cooked cook"),
    "vehicle": _pairs("drove drive, repaired repair"),
}

# What has no object is of the kind `other`, too: "Anna slept", "everyone went home".
INTRANSITIVE = _pairs("""
    slept sleep, laughed laugh, cried cry, worked work, waited wait, sang sing, swam swim, smiled smile, talked talk,
    walked walk, ran run, travelled travel
""")
COMPLEMENTS = (
    ("went", "go", _list("home, away, shopping")),
    ("felt", "feel", _list("tired, happy, sad, ill")),
    ("arrived", "arrive", _list("alone, late, early")),
)
# What there is to say of a thing. "It" may be one, so that "it was" does not speak of the weather alone.
THINGS = _list("it, the dog, the house, the dress, the wine, the party, the pizza, the train, the song")
QUALITIES = _list("late, early, beautiful, big, small, old, new, strange, expensive, wonderful, terrible, ready")

# The weather's verbs: "it rained", "it rains", "it will rain", "it was raining".
WEATHER_SUBJECT = "it"
WEATHER_VERBS = (
    ("rained", "rains", "rain", "raining"),
    ("snowed", "snows", "snow", "snowing"),
    ("hailed", "hails", "hail", "hailing"),
    ("thundered", "thunders", "thunder", "thundering"),
    ("froze", "freezes", "freeze", "freezing"),
)
WEATHER_QUALITIES = _list("cold, warm, hot, sunny, windy, cloudy, foggy")
# Of thing or weather: each with its tense.
COPULAS = {"past": "was", "present": "is", "future": "will be"}

# A sentence takes at most one adjunct from each slot. Many hold nouns of the compounds: a noun's mere presence, or its
# place at the end of a sentence, tells nothing about the object. The first slot depends on the tense.
_ANY_DAY = _list("""
    today, on Monday, on Tuesday, on Wednesday, on Thursday, on Friday, on Saturday, on Sunday, in January,
    in February, in March, in April, in May, in June, in July, in August, in September, in October, in November,
    in December, in winter, in summer
""")
DAYS = {
    "past": (*_ANY_DAY, *_list("yesterday, last week, last year, two days ago")),
    "present": _ANY_DAY,
    "future": (*_ANY_DAY, *_list("tomorrow, next week, next year, in two days")),
}
TIMES = (
    _list("in the morning, in the afternoon, in the evening, at noon, at night, at midnight"),
    _list("before the race, after the party, during the show, before the tour, after lunch, until the dance"),
)
PLACES = (
    _list("in the house, at the station, in the barn, at the bar, in the park, at school, at the market, at home"),
    _list("near the river, behind the garage, by the boat, next to a truck, near the museum, in a garden"),
    _list("in Paris, in London, in Berlin, in New York, in the city, in a small village, downtown"),
)
COMPANY = (
    _list("with a friend, with the dog, with the cat, with my father, with the guest, with Anna"),
    _list("without my mother, without the horse, without the goat, without a hat, without Tom"),
    _list("for the guests, for a festival, for the children, for a song"),
)
MANNERS = (
    _list("quietly, gladly, slowly, by chance, again"),
    _list("over some tea, over a beer, with a coffee, between two meals, over a pizza, with some chocolate"),
    _list("on the way to a contest, in a hurry, for fun, in the rain, in the snow, in a costume"),
)
