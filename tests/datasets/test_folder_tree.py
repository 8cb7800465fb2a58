from logoflow.datasets.prepared import folder_tree


def test_tree_counts_photos_and_hides_our_own_files(small_root):
    text = folder_tree(small_root, most=1)
    assert text.splitlines()[1:6] == [
        "  boxes.json",
        "  classes.json",
        "  test_data/  14 photos",
        "    adidas/  4 photos",
        "    ... 2 more folders",
    ]
